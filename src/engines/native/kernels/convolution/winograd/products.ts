// C functions that multiply transformed tiles: with filters, summed over channels, or with gradients, summed over tiles.

import { range } from '../../../../../base/numbers.ts';
import { block, lines } from '../../../compiler/code.ts';
import type { TileSteps, Tiling } from './tiling.ts';

const pairs = (rows: number, columns: number): [number, number][] =>
  range(rows).flatMap((i) => range(columns).map((j): [number, number] => [i, j]));

/** Declares and begins `rows` x `columns` sums: at zero if `first`, which may be a variable of C, else where they stopped. */
function beginSums(
  rows: number,
  columns: number,
  first: string,
  at: (i: number, j: number) => string,
): string {
  const all = pairs(rows, columns);
  const names = range(rows).map((i) =>
    range(columns)
      .map((j) => `sum${i}_${j}`)
      .join(', '),
  );
  const zero = all.map(([i, j]) => `sum${i}_${j} = ZERO;`).join(' ');
  const load = all.map(([i, j]) => `sum${i}_${j} = LOAD(${at(i, j)});`).join('\n');
  return lines(
    `vec ${names.join(',\n  ')};`,
    first === '1' ? zero : `${block(`if (${first})`, zero)} ${block('else', load)}`,
  );
}

function storeSums(rows: number, columns: number, at: (i: number, j: number) => string): string {
  return pairs(rows, columns)
    .map(([i, j]) => `STORE(${at(i, j)}, sum${i}_${j});`)
    .join('\n');
}

/** Statements that add to all sums the products of a scalar a row and a vector a column. */
function addProducts(
  rows: number,
  columns: number,
  scalar: (i: number) => string,
  vector: (j: number) => string,
): string {
  return lines(
    `const vec ${range(columns)
      .map((j) => `v${j} = LOAD(${vector(j)})`)
      .join(', ')};`,
    ...range(rows).map((i) => {
      const sums = range(columns)
        .map((j) => `sum${i}_${j} += s * v${j};`)
        .join(' ');
      return `{ const float s = ${scalar(i)}; ${sums} }`;
    }),
  );
}

/**
 * `NAME_multiply(tiles, filters, products, blocks, first)`: one plane of a group, summed over `blocks` of channels; sums
 * begin at zero if `first`.
 */
export function multiplyFunction(
  { perGroup }: Tiling,
  steps: TileSteps,
  panel: number,
  lanes: number,
): string {
  const at = (i: number, j: number): string => `products + ${(i * panel + j) * lanes}`;
  return block(
    'static __attribute__((noinline)) void NAME_multiply(const float *restrict tiles, const float *restrict filters, float *restrict products, long blocks, int first)',
    beginSums(perGroup, panel, 'first', at),
    block(
      `for (; blocks > 0; blocks--, tiles += ${steps.block} - LANES)`,
      '_Pragma("GCC unroll 4")',
      block(
        `for (int c = 0; c < LANES; c++, tiles++, filters += ${panel} * LANES)`,
        addProducts(
          perGroup,
          panel,
          (i) => `tiles[${i * lanes}]`,
          (j) => `filters + ${j * lanes}`,
        ),
      ),
    ),
    storeSums(perGroup, panel, at),
  );
}

/** How many channels of the input and vectors of the output a sum over tiles keeps in registers. */
export interface GradientTile {
  readonly inputs: number;
  readonly panel: 1 | 2 | 3;
}

/**
 * `NAME_accumulate(tiles, gradients, sums, groups, first)`: one plane, summed over the tiles of `groups`. Sums
 * `[input][vectors][lanes]` begin at zero if `first`.
 */
export function accumulateFunction(
  { perGroup }: Tiling,
  { inputs, panel }: GradientTile,
  tiles: TileSteps,
  gradients: TileSteps,
  lanes: number,
): string {
  const at = (i: number, j: number): string => `sums + ${(i * panel + j) * lanes}`;
  return block(
    'static __attribute__((noinline)) void NAME_accumulate(const float *restrict tiles, const float *restrict gradients, float *restrict sums, long groups, int first)',
    beginSums(inputs, panel, 'first', at),
    block(
      `for (; groups > 0; groups--, tiles += ${tiles.group - perGroup * lanes}, gradients += ${gradients.group - perGroup * lanes})`,
      '_Pragma("GCC unroll 2")',
      block(
        `for (int t = 0; t < ${perGroup}; t++, tiles += LANES, gradients += LANES)`,
        addProducts(
          inputs,
          panel,
          (i) => `tiles[${i}]`,
          (j) => `gradients + ${j * gradients.block}`,
        ),
      ),
    ),
    storeSums(inputs, panel, at),
  );
}
