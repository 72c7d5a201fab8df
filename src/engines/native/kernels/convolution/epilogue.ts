// What is done to an output tile besides summing products: where the sums start, and how they are finished when complete.

import { range } from '../../../../base/numbers.ts';
import { add } from '../../../../expressions/builders.ts';
import { type Expression, operand, operandsOf, replace } from '../../../../expressions/expression.ts';
import { compose } from '../../../../expressions/simplify.ts';
import { lines } from '../../compiler/code.ts';
import { blocksOf, type ImageGeometry } from '../../compiler/layout.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';

export interface Epilogue {
  /** The image that sums start from, instead of zero. */
  readonly addend?: ImageGeometry;
  readonly bias?: boolean;
  readonly affine?: boolean;
  /** The image that the formula reads as operand 1. */
  readonly residual?: ImageGeometry;
  /** What is stored, from the value after the affine map. */
  readonly formula?: Expression;
  /** Whether lanes beyond the channels must be cleared after the formula, by a table of masks. */
  readonly clear?: boolean;
}

/** An operand of the epilogue: an image, or one number a channel. */
export interface Extra {
  readonly name: string;
  readonly type: 'const float *' | 'const int32_t *';
  readonly image?: ImageGeometry;
}

/** The operands, in the order of the instruction's inputs; the table of masks comes last. */
export function extrasOf({ addend, bias, affine, residual, clear }: Epilogue): Extra[] {
  const channel = (name: string): Extra => ({ name, type: 'const float *' });
  return [
    ...(bias ? [channel('bias')] : []),
    ...(affine ? [channel('scale'), channel('shift')] : []),
    ...(addend ? [{ ...channel('addend'), image: addend }] : []),
    ...(residual ? [{ ...channel('residual'), image: residual }] : []),
    ...(clear ? [{ name: 'real', type: 'const int32_t *' } as const] : []),
  ];
}

export function parametersOf(epilogue: Epilogue): string[] {
  return extrasOf(epilogue).map(({ name, type }) => `${type}${name}`);
}

/** Whether there is anything to do when sums are complete. */
export function finishes({ bias, affine, formula }: Epilogue): boolean {
  return Boolean(bias || affine || formula);
}

/** C that completes the sum in variable `v` of output vector `vector`; `residualAt` is its offset in the residual. */
export function finish(epilogue: Epilogue, v: string, vector: number, residualAt: number): string {
  const at = (name: string): string => `LOAD(${name} + ${vector} * LANES)`;
  const { bias, affine, residual, formula, clear } = epilogue;
  const operands = residual ? `${v}, LOAD(residual + ${residualAt})` : v;
  return lines(
    bias && `${v} += ${at('bias')};`,
    affine && `${v} = ${v} * ${at('scale')} + ${at('shift')};`,
    formula && `${v} = NAME_epilogue(${operands});`,
    clear && `${v} = KEEP(*(const mask *)(real + ${vector} * LANES), ${v});`,
  );
}

/** `NAME_epilogue`, if there is a formula. */
export function epilogueFunction({ formula, residual }: Epilogue): string {
  return formula ? formulaFunction('epilogue', formula, residual ? 2 : 1) : '';
}

/** `formula` without the addition of operand 1 to operand 0, if that is all it needs operand 1 for: sums may start from it. */
export function withoutAddition(formula: Expression): Expression | undefined {
  const [value, addend, sum] = [operand(0), operand(1), operand(2)];
  const rest = [add(value, addend), add(addend, value)].reduce(
    (result, addition) => replace(result, addition, sum),
    formula,
  );
  const [read, ...others] = operandsOf(rest);
  return read === 2 && others.length === 0 ? compose(rest, [value, addend, value]) : undefined;
}

/** The table of masks that the lanes of real channels have set. */
export function realLanes({ clear }: Epilogue, channels: number, lanes: number): string {
  if (!clear) return '';
  const masks = range(blocksOf(channels, lanes) * lanes).map((channel) => (channel < channels ? -1 : 0));
  return `static const int32_t NAME_real[] __attribute__((aligned(64))) = {${masks.join(', ')}};`;
}
