// Code of all elementwise kernels: formulas, and how operands are named, read and written.
import { type Expression, operandsOf } from '../../../../expressions/expression.ts';
import { keepsZero } from '../../../../expressions/simplify.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, Request } from '../../compiler/kernel.ts';
import { formulaCode, isName, operationsOf } from './formula-code.ts';

/** outputs = formulas(inputs). Outputs have one shape, to which inputs broadcast. */
export interface Mapping extends Pick<Request<object>, 'inputs' | 'outputs' | 'target'> {
  readonly formulas: readonly Expression[];
}

/** Whether an input is one number for all elements of the outputs. */
export function isNumber(input: { readonly shape: Shape }, output: { readonly shape: Shape }): boolean {
  return sizeOf(input.shape) === 1 && sizeOf(output.shape) > 1;
}

/** Whether all outputs are 0 where those inputs are that are not repeated along channels. */
export function mapsZeroToZero(
  formulas: readonly Expression[],
  isRepeated: (input: number) => boolean,
): boolean {
  return formulas.every((formula) => keepsZero(formula, (input) => !isRepeated(input)));
}

/** The shape with axes of extent 1 in front. */
export function toRank4(shape: Shape): Shape {
  return [...new Array<number>(Math.max(0, 4 - shape.length)).fill(1), ...shape];
}

export const inputName = (i: number): string => `x${i}`;
export const outputName = (i: number): string => `y${i}`;

/** Names of all operands, inputs first. */
export function operandNames({ inputs, outputs }: Mapping): string[] {
  return [...inputs.map((_, i) => inputName(i)), ...outputs.map((_, i) => outputName(i))];
}

/** How a kernel goes through the elements, in C. */
interface Access {
  /** The vector of input `i` at the loop's place. */
  read(name: string, i: number): string;
  /** Stores `value` in output `i` at the loop's place. */
  write(name: string, value: string, i: number): string;
}

/** What is inside a kernel's innermost loop, and what that needs. */
export interface ElementCode {
  readonly helpers: string;
  /** Statements before all loops. */
  readonly numbers: string;
  readonly statements: string;
}

/** All vectors are read before any is written: outputs may lie where inputs do. */
export function elementCode({ formulas, inputs, outputs }: Mapping, { read, write }: Access): ElementCode {
  const operands = inputs.map((input, i) => {
    const name = inputName(i);
    return isNumber(input, outputs[0])
      ? { text: `${name}[0]`, isVector: false }
      : { text: read(name, i), isVector: true };
  });
  const { helpers, numbers, statements, results } = formulaCode(formulas, operands);
  const inPlace = results.map((value) => outputs.length === 1 || isName(value));
  const declarations = results.map((value, i) => (inPlace[i] ? '' : `const vec result${i} = ${value};\n`));
  return {
    helpers,
    numbers,
    statements: code`
      ${statements}
      ${declarations.join('')}
      ${results.map((value, i) => write(outputName(i), inPlace[i] ? value : `result${i}`, i)).join('\n')}
    `,
  };
}

export function elementKernel(mapping: Mapping, helpers: string, body: string): Kernel {
  const { formulas, inputs, outputs } = mapping;
  const operands = [
    ...inputs.map((_, i) => `const float *${inputName(i)}`),
    ...outputs.map((_, i) => `float *${outputName(i)}`),
  ];
  return {
    code: `${helpers}${kernelFunction(operands, body)}`,
    flops: operationsOf(formulas) * sizeOf(outputs[0].shape),
  };
}

/** How many inputs formulas have. */
export function inputCount(formulas: readonly Expression[]): number {
  return 1 + Math.max(-1, ...operandsOf(...formulas));
}
