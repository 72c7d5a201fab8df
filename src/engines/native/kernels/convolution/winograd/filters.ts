// C functions between weights in `filter` layout and transformed filters `[plane][input][vectors][lanes]`.

import { range } from '../../../../../base/numbers.ts';
import { repeat } from '../../../compiler/c.ts';
import { block, lines } from '../../../compiler/code.ts';
import { blocksOf } from '../../../compiler/layout.ts';
import {
  alwaysInline,
  extentOf,
  planesOf,
  type TileSize,
  transformFunction,
  transformTile,
} from './transforms.ts';

const TAPS = 9;

/** Steps, in floats, through 3 x 3 weights in `filter` layout. */
export interface Weights {
  /** Vectors of outputs that lie together. */
  readonly vectors: 1 | 2;
  readonly channel: number;
  readonly tap: number;
  /** From a block of inputs to the next. */
  readonly input: number;
  /** From one set of `vectors` of outputs to the next. */
  readonly set: number;
}

export function weightsOf(channels: number, vectors: 1 | 2, lanes: number): Weights {
  const channel = vectors * lanes;
  const tap = lanes * channel;
  const input = TAPS * tap;
  return { vectors, channel, tap, input, set: blocksOf(channels, lanes) * input };
}

/** C: from the weights' beginning to blocks of outputs and inputs. */
export function weightsAt({ vectors, input, set }: Weights, outputBlock: string, inputBlock: string): string {
  const output =
    vectors === 1 ? `${outputBlock} * ${set}L` : `${outputBlock} / 2 * ${set}L + ${outputBlock} % 2 * LANES`;
  return `${output} + ${inputBlock} * ${input}L`;
}

/** What products read: `panel` vectors of outputs of one block of inputs after the other. */
export interface Panels {
  readonly size: TileSize;
  readonly panel: 1 | 2 | 3;
  /** Blocks of outputs in all. */
  readonly blocks: number;
  /** Floats from plane to plane. */
  readonly plane: number;
}

/** Panels of `inputs` blocks of inputs at a time. */
export function panelsOf(
  size: TileSize,
  panel: 1 | 2 | 3,
  inputs: number,
  blocks: number,
  lanes: number,
): Panels {
  // One vector more, or else planes would compete for the same places in the cache.
  return { size, panel, blocks, plane: (inputs * lanes * panel + 1) * lanes };
}

/** C that transforms `weights` for all panels of `inputs` blocks to `filters`, by all threads. */
export function transformAll({ size, panel, blocks, plane }: Panels, inputs: number, lanes: number): string {
  return lines(
    `CHUNK(${Math.ceil(blocks / panel) * inputs}L, first_filter, end_filter);`,
    block(
      'for (long i = first_filter; i < end_filter; i++)',
      `const long panel = i / ${inputs}, b = i % ${inputs};`,
      `float *to = filters + panel * ${planesOf(size) * plane}L + b * ${lanes * panel * lanes}L;`,
      'NAME_transform_filters(weights, to, panel, b, 1);',
    ),
  );
}

/**
 * `NAME_transform_filters(weights, filters, panel, first, count)`: of `count` blocks of inputs. With `flipped`, weights are those of
 * the forward pass, to be rotated, and inputs and outputs change places.
 */
export function filterFunction(weights: Weights, panels: Panels, flipped: boolean, lanes: number): string {
  const { panel, blocks } = panels;
  const at = flipped ? weightsAt(weights, 'i', 'o') : weightsAt(weights, 'o', 'i');
  const to = `filters + v * LANES + (i - first) * ${lanes * panel * lanes}L`;
  return lines(
    transformFunction('filter', panels.size),
    flipped ? turnFunction(lanes) : '',
    filterBlockFunction(weights, panels, flipped, lanes),
    block(
      'static void NAME_transform_filters(const float *weights, float *filters, long panel, long first, long count)',
      block(
        `for (long v = 0; v < ${panel}; v++)`,
        `const long o = panel * ${panel} + v;`,
        block(
          'for (long i = first; i < first + count; i++)',
          blocks % panel === 0
            ? `NAME_filter_block(weights + ${at}, ${to});`
            : `if (o < ${blocks}) NAME_filter_block(weights + ${at}, ${to});\nelse NAME_clear_block(${to});`,
        ),
      ),
    ),
  );
}

function filterBlockFunction(
  weights: Weights,
  { size, panel, blocks, plane }: Panels,
  flipped: boolean,
  lanes: number,
): string {
  const points = extentOf(size);
  const [tap, step] = flipped ? [lanes * lanes, lanes] : [weights.tap, weights.channel];
  const transform = transformTile('filter', size, {
    load: (i, j) => `LOAD(from + ${(3 * i + j) * tap})`,
    store: (i) => repeat(points, (j) => `STORE(filters + ${(points * i + j) * plane}L, o[${j}]);`),
  });
  return lines(
    block(
      'static __attribute__((noinline)) void NAME_filter_block(const float *from, float *filters)',
      flipped && 'float flipped[9 * LANES * LANES] __attribute__((aligned(64)));',
      flipped &&
        `for (int tap = 0; tap < 9; tap++) NAME_turn(from + tap * ${weights.tap}, ${weights.channel}, flipped + (8 - tap) * LANES * LANES);`,
      flipped && 'from = flipped;',
      block(`for (int c = 0; c < LANES; c++, from += ${step}, filters += ${panel} * LANES)`, transform),
    ),
    blocks % panel !== 0 &&
      block(
        'static void NAME_clear_block(float *filters)',
        `for (int k = 0; k < ${points * points}; k++)`,
        `  for (int c = 0; c < LANES; c++) STORE(filters + k * ${plane}L + c * ${panel} * LANES, ZERO);`,
      ),
  );
}

/** `NAME_turn(from, step, to)`: transposes a square of lanes x lanes, by exchanging ever larger squares within. */
function turnFunction(lanes: number): string {
  const exchanges = range(Math.log2(lanes)).map((k) => {
    const distance = 2 ** k;
    const firsts = range(lanes).filter((i) => (i & distance) === 0);
    const low = range(lanes)
      .map((l) => (l & distance ? lanes + l - distance : l))
      .join(', ');
    const high = range(lanes)
      .map((l) => (l & distance ? lanes + l : l + distance))
      .join(', ');
    return firsts
      .map((i) => {
        const [a, b] = [`row[${i}]`, `row[${i + distance}]`];
        return `low = SHUFFLE(${a}, ${b}, ${low});\n${b} = SHUFFLE(${a}, ${b}, ${high});\n${a} = low;`;
      })
      .join('\n');
  });
  return lines(
    block(
      `${alwaysInline} void NAME_turn(const float *from, long step, float *to)`,
      `vec row[${lanes}], low;`,
      repeat(lanes, (i) => `row[${i}] = LOAD(from + ${i} * step);`),
      ...exchanges,
      repeat(lanes, (i) => `STORE(to + ${i} * LANES, row[${i}]);`),
    ),
  );
}

/**
 * `NAME_filter_gradient(sums, weights)`: `panel` vectors of outputs of one block of inputs, from the sums of `parts` threads that lie `part`
 * floats apart.
 */
export function filterGradientFunction(
  weights: Weights,
  { size, panel, plane }: Panels,
  parts: number,
  part: number,
): string {
  const points = extentOf(size);
  const load = (i: number, j: number): string =>
    range(parts)
      .map((k) => `LOAD(sums + ${(points * i + j) * plane + k * part}L)`)
      .join(' + ');
  const store = (i: number): string =>
    repeat(3, (j) => `STORE(weights + ${(3 * i + j) * weights.tap}, o[${j}]);`);
  return block(
    'static __attribute__((noinline)) void NAME_filter_gradient(const float *sums, float *weights)',
    block(
      `for (int c = 0; c < LANES; c++, sums += ${panel} * LANES, weights += ${weights.channel})`,
      transformTile('filterGradient', size, { load, store }),
    ),
  );
}
