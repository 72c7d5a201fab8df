// How images are cut into tiles, and how transformed tiles, filters and products lie in memory.
import type { Shape } from '../../../../tensor/shape.ts';
import type { Target } from '../../kernel.ts';
import { lines } from '../convolution/code.ts';
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
  /** Floats of one plane of a group's tiles, of a block of channels. */
  readonly plane: number;
  /** Floats of a group's tiles, of a block of channels: `[plane][tile][lanes]`. */
  readonly block: number;
}

/** Cuts images `[N, C, H, W]` into groups of at most `most` tiles, evenly, so that threads get the same number. */
export function tilingOf(shape: Shape, size: TileSize, most: number, { lanes, threads }: Target): Tiling {
  const [images, , height, width] = shape as readonly [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / size), Math.ceil(width / size)];
  const tiles = images * rows * columns;
  const rounds = Math.ceil(tiles / (most * threads));
  const perGroup = Math.ceil(tiles / (rounds * threads));
  const planes = planesOf(size);
  const plane = perGroup * lanes;
  const groups = Math.ceil(tiles / perGroup);
  return { size, planes, rows, columns, tiles, groups, perGroup, plane, block: planes * plane };
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

export function productSteps({ planes, plane }: Tiling, vectors: number): ProductSteps {
  return { vectors, plane: plane * vectors, group: planes * plane * vectors };
}

/** C that declares `first` and `count` of the tiles of some groups. */
export function tileRange({ perGroup, tiles }: Tiling, group: string, groups: string): string {
  return lines(
    `const long first = ${group} * ${perGroup}, all = ${groups} * ${perGroup};`,
    `const long count = first + all < ${tiles} ? all : ${tiles} - first;`,
  );
}
