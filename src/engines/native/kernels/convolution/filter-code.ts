// C that rearranges weights: transposed for the input gradient, and between plain weights of merged groups and filters.

import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import { block, lines, sum, times } from '../../compiler/code.ts';
import { blocksOf } from '../../compiler/layout.ts';
import { transposeSquare } from '../layout/transpose.ts';
import { type FilterSteps, filterSteps, type Grouping } from './filter.ts';

/** The filter of the convolution that goes back: channels in place of outputs. */
export function transposedSteps(grouping: Grouping, taps: number, lanes: number): FilterSteps {
  return filterSteps(
    { groups: grouping.groups, inputs: grouping.outputs, outputs: grouping.inputs },
    taps,
    lanes,
  );
}

/** Turns the filter at `from` into its transpose at `to`, in squares of lanes x lanes, for the taps that are `used`. */
export function transposeCode(
  grouping: Grouping,
  taps: number,
  used: readonly number[],
  lanes: number,
  from: string,
  to: string,
): string {
  const list = used.length < taps;
  const source = filterSteps(grouping, taps, lanes);
  const target = transposedSteps(grouping, taps, lanes);
  const [inputs, outputs] = [blocksOf(grouping.inputs, lanes), blocksOf(grouping.outputs, lanes)];
  // Sets are counted over all groups, blocks within one.
  const place = (steps: FilterSteps, vector: string, blockOfRows: string): string =>
    sum(
      times(`(group * ${steps.sets} + ${vector} / ${steps.vectors})`, steps.outputs),
      times(blockOfRows, steps.block),
      times('tap', steps.tap),
      times(`${vector} % ${steps.vectors}`, lanes),
    );
  return lines(
    '/* transposed weights */',
    list && `static const int used[] = {${used.join(', ')}};`,
    `CHUNK(${grouping.groups * outputs * inputs}, first_square, end_square);`,
    block(
      'for (long square = first_square; square < end_square; square++)',
      `const long input = square % ${inputs}, output = square / ${inputs} % ${outputs};`,
      `const long group = square / ${inputs * outputs};`,
      block(
        `for (int i = 0; i < ${used.length}; i++)`,
        `const long tap = ${list ? 'used[i]' : 'i'};`,
        `const float *s = ${from} + ${place(source, 'output', 'input')};`,
        `float *t = ${to} + ${place(target, 'input', 'output')};`,
        transposeSquare(lanes, source.channel, target.channel),
      ),
    ),
  );
}

/** How plain weights of a grouped convolution are found from places in merged groups. */
interface Merging {
  readonly grouping: Grouping;
  readonly weight: Shape;
  readonly taps: number;
  readonly lanes: number;
}

/** Spreads plain weights over the filter of merged groups, or over its transpose, with zeros between groups. */
export function mergeCode(merging: Merging, transposed: boolean, from: string, to: string): string {
  const { grouping, weight, taps, lanes } = merging;
  const steps = (transposed ? transposedSteps : filterSteps)(grouping, taps, lanes);
  const perGroup = weight[1];
  const [input, output] = transposed ? ['column', 'row'] : ['row', 'column'];
  const blocks = steps.outputs / steps.block;
  return lines(
    '/* weights of merged groups, zero between them */',
    `CHUNK(${(grouping.groups * steps.sets * steps.outputs) / steps.tap}, first_square, end_square);`,
    block(
      'for (long square = first_square; square < end_square; square++)',
      `const long tap = square % ${taps}, block = square / ${taps} % ${blocks}, set = square / ${taps * blocks};`,
      `const long group = set / ${steps.sets}, first_column = set % ${steps.sets} * ${steps.channel};`,
      block(
        `for (long i = 0; i < ${steps.tap}; i++)`,
        `const long row = block * ${lanes} + i / ${steps.channel}, column = first_column + i % ${steps.channel};`,
        `const int inside = ${output} < ${grouping.outputs} && ${input} < ${grouping.inputs};`,
        `const int same = ${output} / ${grouping.outputs / grouping.merged} == ${input} / ${perGroup};`,
        `const long place = (group * ${grouping.outputs} + ${output}) * ${perGroup} + ${input} % ${perGroup};`,
        `${to}[square * ${steps.tap} + i] = inside && same ? ${from}[place * ${taps} + tap] : 0;`,
      ),
    ),
  );
}

/** Picks the weights between which `mergeCode` puts zeros. */
export function splitCode(merging: Merging, from: string, to: string): string {
  const { grouping, weight, taps, lanes } = merging;
  const steps = filterSteps(grouping, taps, lanes);
  const [outputs, perGroup] = weight as readonly [number, number];
  const size = sizeOf(weight);
  const padding = blocksOf(size, lanes) * lanes - size;
  return lines(
    '/* weights out of merged groups */',
    padding > 0 && `if (me == 0) memset(${to} + ${size}L, 0, ${padding * 4});`,
    `CHUNK(${outputs}, first_row, end_row);`,
    block(
      'for (long row = first_row; row < end_row; row++)',
      `const long group = row / ${grouping.outputs}, output = row % ${grouping.outputs};`,
      `const long set = group * ${steps.sets} + output / ${steps.channel}, lane = output % ${steps.channel};`,
      `const long first_input = output / ${grouping.outputs / grouping.merged} * ${perGroup};`,
      block(
        `for (long i = 0; i < ${perGroup * taps}; i++)`,
        `const long input = first_input + i / ${taps}, tap = i % ${taps};`,
        `const float *block = ${from} + set * ${steps.outputs}L + input / ${lanes} * ${steps.block}L;`,
        `${to}[row * ${perGroup * taps} + i] = block[tap * ${steps.tap} + input % ${lanes} * ${steps.channel} + lane];`,
      ),
    ),
  );
}
