// Depthwise convolution: every channel by its own filter, lane by lane; forwards over x, backwards over dy.

import { range } from '../../../../base/numbers.ts';
import { block, lines, outlinedFunction, sum, times } from '../../compiler/code.ts';
import type { Target } from '../../compiler/kernel.ts';
import type { ImageGeometry } from '../../compiler/layout.ts';
import { type Epilogue, extrasOf, finish, finishes, parametersOf } from './epilogue.ts';
import type { Phase } from './geometry.ts';
import type { TapCode } from './tap-convolution.ts';
import { accumulators, type Division, divide } from './tiles.ts';

export interface DepthwiseProblem {
  readonly target: Target;
  /** What is read and written, both of as many channels. */
  readonly input: ImageGeometry;
  readonly output: ImageGeometry;
  readonly phases: readonly Phase[];
  readonly taps: number;
  readonly kernelWidth: number;
  readonly epilogue: Epilogue;
}

/** Products in one function up to which taps are written out. */
const MOST_PRODUCTS = 320;

/** Functions that compute tiles of a row, and the loop over this thread's rows of all images and channel blocks. */
export function depthwise(problem: DepthwiseProblem): TapCode {
  const { phases } = problem;
  const divisions = phases.map(({ columns }) => divide(columns.count, widest(problem)));
  const functions = phases.flatMap((phase, i) => [
    ...(written(problem, phase) ? [] : [tapTable(problem, phase, i)]),
    ...sizes(divisions[i]).map((width) => rowFunction(problem, phase, i, width)),
  ]);
  return { functions: lines(...functions), statements: driver(problem, divisions) };
}

/** Positions at once; registers are left for weights and a pixel. */
function widest({ target }: DepthwiseProblem): number {
  return Math.floor(accumulators(target) / 2);
}

function written(problem: DepthwiseProblem, { rows, columns }: Phase): boolean {
  return rows.taps.length * columns.taps.length * widest(problem) <= MOST_PRODUCTS;
}

function sizes({ size, large, small }: Division): number[] {
  return [...(large > 0 ? [size] : []), ...(small > 0 ? [size - 1] : [])];
}

function rowName(phase: number, width: number): string {
  return `NAME_row${phase}_${width}`;
}

function rowFunction(problem: DepthwiseProblem, phase: Phase, number: number, width: number): string {
  const { output, epilogue } = problem;
  const { outputStep } = phase.columns;
  const at = (image: ImageGeometry | undefined, i: number): number => i * outputStep * (image?.pixel ?? 0);
  const { addend, residual } = epilogue;
  const start = (i: number): string => (addend ? `LOAD(addend + ${at(addend, i)})` : 'ZERO');
  return outlinedFunction(
    rowName(number, width),
    ['const float *x', 'const float *w', 'float *y', ...parametersOf(epilogue)],
    `vec ${range(width)
      .map((i) => `s${i} = ${start(i)}`)
      .join(', ')};`,
    written(problem, phase) ? writtenTaps(problem, phase, width) : loopedTaps(problem, phase, number, width),
    finishes(epilogue)
      ? lines(...range(width).map((i) => finish(epilogue, `s${i}`, 0, at(residual, i))))
      : '',
    ...range(width).map((i) => `STORE(y + ${at(output, i)}, s${i});`),
  );
}

/** All taps of a row of the kernel over the pixels of the tile: each pixel is loaded once. */
function writtenTaps(problem: DepthwiseProblem, { rows, columns }: Phase, width: number): string {
  const { input, kernelWidth } = problem;
  const pixels = new Map<number, string[]>();
  for (const i of range(width)) {
    for (const { offset, index } of columns.taps) {
      const column = i * columns.inputStep + offset;
      pixels.set(column, [...(pixels.get(column) ?? []), `s${i} += pixel * w${index};`]);
    }
  }
  const inOrder = [...pixels].sort(([a], [b]) => a - b);
  const rowOfTaps = ({ offset, index }: { offset: number; index: number }): string =>
    block(
      '',
      `const vec ${columns.taps.map((v) => `w${v.index} = LOAD(w + ${(index * kernelWidth + v.index) * input.pixel})`).join(', ')};`,
      ...inOrder.map(
        ([column, products]) =>
          `{ const vec pixel = LOAD(x + ${offset * input.row + column * input.pixel}); ${products.join(' ')} }`,
      ),
    );
  return columns.taps.length > 0 ? lines(...rows.taps.map(rowOfTaps)) : '';
}

function tapTable(
  { input, kernelWidth }: DepthwiseProblem,
  { rows, columns }: Phase,
  number: number,
): string {
  const entries = rows.taps.flatMap((u) =>
    columns.taps.map((v) => {
      const place = u.offset * input.row + v.offset * input.pixel;
      return `{${place}, ${(u.index * kernelWidth + v.index) * input.pixel}}`;
    }),
  );
  return `static const int NAME_taps${number}[][2] = {${entries.join(', ')}};`;
}

function loopedTaps(
  { input }: DepthwiseProblem,
  { rows, columns }: Phase,
  number: number,
  width: number,
): string {
  return block(
    `for (int tap = 0; tap < ${rows.taps.length * columns.taps.length}; tap++)`,
    `const float *xt = x + NAME_taps${number}[tap][0];`,
    `const vec weight = LOAD(w + NAME_taps${number}[tap][1]);`,
    ...range(width).map((i) => `s${i} += LOAD(xt + ${i * columns.inputStep * input.pixel}) * weight;`),
  );
}

function driver(problem: DepthwiseProblem, divisions: readonly Division[]): string {
  const { phases, input, taps, target } = problem;
  const height = Math.max(...phases.map(({ rows }) => rows.count));
  return lines(
    `CHUNK(${input.images * input.blocks * height}, first_row, end_row);`,
    block(
      'for (long item = first_row; item < end_row; item++)',
      `const long row = item % ${height}, block = item / ${height} % ${input.blocks}, image = item / ${height * input.blocks};`,
      `const float *filter = w + block * ${taps * target.lanes};`,
      ...phases.map((phase, i) => phaseRow(problem, phase, i, divisions[i], height)),
    ),
  );
}

function phaseRow(
  problem: DepthwiseProblem,
  phase: Phase,
  number: number,
  { size, large, small }: Division,
  height: number,
): string {
  const call = (width: number, first: string | number): string =>
    `${rowName(number, width)}(${rowArguments(problem, phase, first).join(', ')});`;
  const body = [
    large > 1
      ? block(`for (long v = 0; v < ${large}; v++)`, call(size, `v * ${size}`))
      : large === 1 && call(size, 0),
    small > 1
      ? block(`for (long v = 0; v < ${small}; v++)`, call(size - 1, `(v * ${size - 1} + ${large * size})`))
      : small === 1 && call(size - 1, large * size),
  ];
  return phase.rows.count < height ? block(`if (row < ${phase.rows.count})`, ...body) : lines(...body);
}

function rowArguments(
  { input, output, epilogue }: DepthwiseProblem,
  { rows, columns }: Phase,
  column: string | number,
): string[] {
  const written = (image: ImageGeometry): string =>
    sum(
      image.origin + rows.first * image.row + columns.first * image.pixel,
      times('image', image.image),
      times('block', image.block),
      times('row', rows.outputStep * image.row),
      times(column, columns.outputStep * image.pixel),
    );
  const read = sum(
    input.origin,
    times('image', input.image),
    times('block', input.block),
    times('row', rows.inputStep * input.row),
    times(column, columns.inputStep * input.pixel),
  );
  const extras = extrasOf(epilogue).map(({ name, image }) =>
    image ? `${name} + ${written(image)}` : `${name} + block * ${input.pixel}`,
  );
  return [`x + ${read}`, 'filter', `y + ${written(output)}`, ...extras];
}
