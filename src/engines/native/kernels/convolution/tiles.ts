// Register tiles: how many positions of the output are computed at once, and how an image is cut into such pieces.
import type { Target } from '../../compiler/kernel.ts';

/** Positions along columns, rows and images that are computed at once. */
export interface Tile {
  readonly width: number;
  readonly height: number;
  readonly images: number;
}

/** `large` pieces of `size` positions, then `small` pieces of one position less. */
export interface Cut {
  readonly size: number;
  readonly large: number;
  readonly small: number;
}

/** Cuts `count` positions into as few pieces as possible of at most `most` positions, all nearly alike. */
export function cut(count: number, most: number): Cut {
  const pieces = Math.ceil(count / most);
  const size = Math.ceil(count / pieces);
  const large = count - (size - 1) * pieces;
  return { size, large, small: pieces - large };
}

/** Time with units of work divided by threads, relative to an even division. */
export function unevenness(items: number, threads: number): number {
  return (Math.ceil(items / threads) * threads) / items;
}

export function piecesOf({ large, small }: Cut): number {
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

/** The sizes that a cut makes, with how often. */
export function sizesOf({ size, large, small }: Cut): (readonly [size: number, times: number])[] {
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
 * @param heights to choose from; all unless given
 */
export function chooseTile(
  extent: Tile,
  vectors: number,
  most: number,
  heights = cutSizes(extent.height, most),
): Tile & { readonly cost: number } {
  let best = { width: 1, height: 1, images: 1, cost: Number.POSITIVE_INFINITY };
  const covers = (count: number, sizes: readonly number[]): Cover[] =>
    sizes.map((size) => ({ size, pieces: sizesOf(cut(count, size)) }));
  const [acrossAll, downAll] = [
    covers(extent.width, cutSizes(extent.width, most)),
    covers(extent.height, heights),
  ];
  const deepAll = covers(extent.images, cutSizes(extent.images, most));
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

/** An axis, cut into pieces of at most `size` positions. */
interface Cover {
  readonly size: number;
  readonly pieces: readonly (readonly [size: number, times: number])[];
}

/** Sizes of the largest pieces that cutting can give, widest first. */
export function cutSizes(count: number, most: number): number[] {
  const sizes = new Set<number>();
  for (let size = Math.min(most, count); size > 0; size--) sizes.add(cut(count, size).size);
  return [...sizes];
}

function coverCost(across: Cover, down: Cover, deep: Cover, vectors: number): number {
  let cost = 0;
  for (const [width, widths] of across.pieces) {
    for (const [height, heights] of down.pieces) {
      for (const [images, times] of deep.pieces) {
        cost += widths * heights * times * tileCost(width * height * images, vectors);
      }
    }
  }
  const variants = across.pieces.length * down.pieces.length * deep.pieces.length;
  return cost * (1 + 0.01 * (variants - 1));
}
