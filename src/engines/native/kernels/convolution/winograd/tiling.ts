// How images are divided into tiles, and how transformed tiles, filters and products lie in memory.

import type { Shape } from '../../../../../tensor/shape.ts';
import { lines } from '../../../compiler/code.ts';
import type { Target } from '../../../compiler/kernel.ts';
import { planesOf, type TileSize } from './transforms.ts';

/**
 * Tiles are numbered by image, row and column. As many as fit into registers are a group, which is multiplied at once; the
 * last group is filled up with zeros.
 */
export interface Tiling {
  readonly size: TileSize;
  /** Products that a tile takes. */
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
  readonly tiles: number;
  readonly groups: number;
  /** Tiles in a group. */
  readonly perGroup: number;
}

/** Divides images `[N, C, H, W]` into groups of at most `most` tiles, evenly, so that `parts` of them get the same number. */
export function tilingOf(shape: Shape, size: TileSize, most: number, parts: number): Tiling {
  const [images, , height, width] = shape as readonly [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / size), Math.ceil(width / size)];
  const tiles = images * rows * columns;
  const rounds = Math.ceil(tiles / (most * parts));
  const perGroup = Math.ceil(tiles / (rounds * parts));
  const groups = Math.ceil(tiles / perGroup);
  return { size, planes: planesOf(size), rows, columns, tiles, groups, perGroup };
}

/**
 * Steps, in floats, through transformed tiles of some groups and all blocks of channels:
 * `[block][plane][group][tile][lanes]`.
 */
export interface TileSteps {
  readonly group: number;
  readonly plane: number;
  readonly block: number;
  readonly size: number;
}

export function tileSteps(
  { planes, perGroup }: Tiling,
  groups: number,
  blocks: number,
  lanes: number,
): TileSteps {
  const group = perGroup * lanes;
  // One vector more, or else planes might compete for the same places in the cache.
  const plane = groups * group + lanes;
  const block = planes * plane;
  return { group, plane, block, size: blocks * block };
}

/** Vectors of outputs that a product computes at once: what divides their number, as many as registers allow. */
export function panelOf(blocks: number): 1 | 2 | 3 {
  if (blocks % 2 === 0) return 2;
  if (blocks % 3 === 0) return 3;
  return blocks === 1 ? 1 : 2;
}

/** Tiles that registers hold beside `vectors` of filters and a broadcast value. */
export function tilesInRegisters(vectors: number, { registers }: Target): number {
  return Math.floor((registers - vectors - 1) / vectors);
}

/** Where products lie: `[group][plane][tile][vectors][lanes]`. */
export interface ProductSteps {
  readonly vectors: number;
  readonly plane: number;
  readonly group: number;
}

export function productSteps({ planes, perGroup }: Tiling, vectors: number, lanes: number): ProductSteps {
  const plane = perGroup * vectors * lanes;
  return { vectors, plane, group: planes * plane };
}

/** C that declares `first` and `count` of the tiles of some groups. */
export function tileRange({ perGroup, tiles }: Tiling, group: string, groups: string): string {
  return lines(
    `const long first = ${group} * ${perGroup}, all = ${groups} * ${perGroup};`,
    `const long count = first + all < ${tiles} ? all : ${tiles} - first;`,
  );
}
