// What the kernels that go element by element share: the formula, and how operands are named and read.
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import { literal } from '../../compiler/c.ts';
import type { Operand, Request } from '../../compiler/kernel.ts';

/** y = f(inputs), in vectors. */
export interface Mapping {
  /** C for y from C for the inputs, each of which may be written out several times. */
  readonly formula: (values: readonly string[]) => string;
  /** Where zeros give zero, so that halos and unused lanes may be computed as well. */
  readonly zeroFrom: 'any input' | 'all inputs' | 'nothing';
  /** Static functions that the formula calls. */
  readonly helpers?: string;
}

export type MapRequest = Pick<Request<object>, 'inputs' | 'outputs' | 'target'>;

export function inputNames(inputs: readonly Operand[]): string[] {
  return inputs.map((_, i) => `x${i}`);
}

/** C declarations of the operands of a kernel with one output y. */
export function mapOperands(inputs: readonly Operand[]): string[] {
  return [...inputNames(inputs).map((name) => `const float *${name}`), 'float *y'];
}

/** One number for all elements. */
export function isNumber({ shape }: Operand): boolean {
  return sizeOf(shape) === 1;
}

/** C for an operand of one number. */
export function numberValue(name: string, { constant }: Operand): string {
  return constant === undefined ? `SPLAT(${name}[0])` : `SPLAT(${literal(constant)})`;
}

/** The shape with axes of extent 1 in front. */
export function toRank4(shape: Shape): Shape {
  return [...new Array<number>(Math.max(0, 4 - shape.length)).fill(1), ...shape];
}

/** Whether y is zero where the inputs that are no `number`, the same one everywhere, are zero. */
export function keepsZero({ zeroFrom }: Mapping, numbers: readonly boolean[]): boolean {
  if (zeroFrom === 'any input') return numbers.includes(false);
  return zeroFrom === 'all inputs' && !numbers.includes(true);
}
