// The innermost function of the weight gradient: sums for one chunk of a filter over some positions.

import { range } from '../../../../base/numbers.ts';
import { repeat } from '../../compiler/c.ts';
import { block, lines, outlinedFunction } from '../../compiler/code.ts';
import type { Chunk, GradWeightProblem, Span, Sweeps } from './grad-weight-problem.ts';

/** The variant of a function. */
export interface SumsVariant extends Chunk {
  readonly vectors: number;
}

export function sumsName({ rows, columns, channels, vectors }: SumsVariant): string {
  return `NAME_sums_${rows}x${columns}x${channels}_${vectors}`;
}

interface Row {
  readonly name: string;
  readonly input: number;
  readonly filter: number;
}

/** The weights of a chunk, with the place of their pixels and of their sums. */
function rowsOf(
  { input, filter, kernelWidth }: GradWeightProblem,
  { rows, columns, channels }: Chunk,
  steps: readonly [number, number],
): Row[] {
  return range(rows).flatMap((u) =>
    range(columns).flatMap((v) =>
      range(channels).map((c) => ({
        name: `${(u * columns + v) * channels + c}`,
        input: u * steps[0] * input.row + v * steps[1] * input.pixel + c * input.channel,
        filter: (u * kernelWidth + v) * filter.tap + c * filter.channel,
      })),
    ),
  );
}

export function sumsFunction(
  problem: GradWeightProblem,
  variant: SumsVariant,
  [kernelRows, kernelColumns]: readonly [Span, Span],
  [images, rows, columns]: Sweeps,
): string {
  const { filter, output, target } = problem;
  const { vectors } = variant;
  const weights = rowsOf(problem, variant, [kernelRows.step, kernelColumns.step]);
  const place = (row: Row, j: number): number =>
    row.filter + Math.floor(j / filter.vectors) * filter.outputs + (j % filter.vectors) * target.lanes;
  const each = (make: (sum: string, place: number) => string): string =>
    lines(...weights.map((row) => repeat(vectors, (j) => make(`s${row.name}_${j}`, place(row, j)), ' ')));
  const products = weights.map(
    ({ name, input }) =>
      `{ const float pixel = xr[${input}]; ${repeat(vectors, (j) => `s${name}_${j} += pixel * d${j};`, ' ')} }`,
  );
  return outlinedFunction(
    sumsName(variant),
    ['const float *x', 'const float *dy', 'float *dw', 'int first', 'int images', 'int rows'],
    `vec ${weights.map(({ name }) => repeat(vectors, (j) => `s${name}_${j}`, ', ')).join(', ')};`,
    `${block(
      'if (first)',
      each((sum) => `${sum} = ZERO;`),
    )} ${block(
      'else',
      each((sum, at) => `${sum} = LOAD(dw + ${at});`),
    )}`,
    block(
      'for (int n = 0; n < images; n++)',
      block(
        'for (int h = 0; h < rows; h++)',
        `const float *xr = x + n * ${images.input}L + h * ${rows.input}L;`,
        `const float *dr = dy + n * ${images.output}L + h * ${rows.output}L;`,
        '#pragma GCC unroll 2',
        block(
          `for (int w = 0; w < ${columns.count}; w++, xr += ${columns.input}, dr += ${columns.output})`,
          `const vec ${repeat(vectors, (j) => `d${j} = LOAD(dr + ${j * output.block}L)`, ', ')};`,
          ...products,
        ),
      ),
    ),
    each((sum, at) => `STORE(dw + ${at}, ${sum});`),
  );
}
