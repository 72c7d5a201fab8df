// Register tiles: how many positions of the output are computed at once, and how an image is divided into them.
//
// Words for parts: a block is of channels, as many as lanes; a tile is what one call of an innermost function keeps in
// registers; a chunk is what a thread takes of a kernel's work.
import type { Target } from '../../compiler/kernel.ts';

/** Positions along columns, rows and images that are computed at once. */
export interface Tile {
  readonly width: number;
  readonly height: number;
  readonly images: number;
}

/** A range in tiles: `large` of `size` positions, then `small` of one position less. */
export interface Division {
  readonly size: number;
  readonly large: number;
  readonly small: number;
}

/** Divisions `count` positions into as few pieces as possible of at most `most` positions, all nearly alike. */
export function divide(count: number, most: number): Division {
  const tiles = Math.ceil(count / most);
  const size = Math.ceil(count / tiles);
  const large = count - (size - 1) * tiles;
  return { size, large, small: tiles - large };
}

/** Time with units of work divided by threads, relative to an even division. */
export function unevenness(items: number, threads: number): number {
  return (Math.ceil(items / threads) * threads) / items;
}

export function tileCount({ large, small }: Division): number {
  return large + small;
}

/** Accumulators that fit beside `vectors` weights and a broadcast value. */
export function accumulators({ registers }: Target, vectors = 1): number {
  return registers - Math.max(4, vectors + 1);
}

/** Vectors of outputs in sets that tiles compute together: `size` in each set but the last. */
export interface Sets {
  readonly size: number;
  readonly last: number;
  readonly count: number;
}

/** Sets of `size` vectors; what is left over joins the last set if registers can take it, else it is one of its own. */
export function setsOf(vectors: number, size: number): Sets {
  const rest = vectors % size;
  const joins = rest > 0 && rest <= size / 2 && vectors > size;
  const count = Math.ceil(vectors / size) - (joins ? 1 : 0);
  return { size, last: vectors - (count - 1) * size, count };
}

/** The sizes of the tiles of a division, with how often each occurs. */
export function tileSizes({ size, large, small }: Division): (readonly [size: number, times: number])[] {
  return small > 0
    ? [
        [size, large],
        [size - 1, small],
      ]
    : [[size, large]];
}

/**
 * Estimated cycles of a tile for one channel: two multiply-adds a cycle, but no less than their latency, and no more
 * instructions than reach the units in a cycle, those that load a weight or a pixel among them; then loop control.
 */
function tileCost(positions: number, vectors: number): number {
  const products = positions * vectors;
  return Math.max(products / 2, 4, (products + positions + vectors) / INSTRUCTIONS) + 0.5;
}

/** Instructions a cycle: more than four on a core of one's own, less where two threads share it. */
const INSTRUCTIONS = 2.5;

/**
 * The tile of at most `most` positions that covers height x width x images with the least estimated time.
 * @param heights to choose from; defaults to all
 */
export function chooseTile(
  extent: Tile,
  vectors: number,
  most: number,
  heights = divisionSizes(extent.height, most),
): Tile & { readonly cost: number } {
  let best = { width: 1, height: 1, images: 1, cost: Number.POSITIVE_INFINITY };
  const covers = (count: number, sizes: readonly number[]): Cover[] =>
    sizes.map((size) => ({ size, tiles: tileSizes(divide(count, size)) }));
  const [acrossAll, downAll] = [
    covers(extent.width, divisionSizes(extent.width, most)),
    covers(extent.height, heights),
  ];
  const deepAll = covers(extent.images, divisionSizes(extent.images, most));
  for (const across of acrossAll) {
    for (const down of downAll) {
      for (const deep of deepAll) {
        if (across.size * down.size * deep.size > most) continue;
        const cost = coverCost(across, down, deep, vectors);
        const tile = { width: across.size, height: down.size, images: deep.size };
        if (cost < best.cost * 0.999) best = { ...tile, cost };
      }
    }
  }
  return best;
}

/** An axis in tiles of at most `size` positions. */
interface Cover {
  readonly size: number;
  readonly tiles: readonly (readonly [size: number, times: number])[];
}

/** Sizes of the largest tiles of all divisions, widest first. */
export function divisionSizes(count: number, most: number): number[] {
  const sizes = new Set<number>();
  for (let size = Math.min(most, count); size > 0; size--) sizes.add(divide(count, size).size);
  return [...sizes];
}

function coverCost(across: Cover, down: Cover, deep: Cover, vectors: number): number {
  let cost = 0;
  for (const [width, widths] of across.tiles) {
    for (const [height, heights] of down.tiles) {
      for (const [images, times] of deep.tiles) {
        cost += widths * heights * times * tileCost(width * height * images, vectors);
      }
    }
  }
  const variants = across.tiles.length * down.tiles.length * deep.tiles.length;
  return cost * (1 + 0.01 * (variants - 1));
}
