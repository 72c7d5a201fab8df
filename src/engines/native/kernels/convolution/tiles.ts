// Register tiles: how many positions of the output are computed at once, and how an image is cut into such pieces.
import type { Target } from '../../kernel.ts';

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

export function piecesOf({ large, small }: Cut): number {
  return large + small;
}

/** Accumulators that fit beside `vectors` weights and a broadcast value. */
export function accumulators({ registers }: Target): number {
  return registers - 4;
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
 * Estimated cycles of a tile for one channel: an arithmetic instruction per position and vector, two a cycle, but no less
 * than their latency; then loads of weights and loop control.
 */
function tileCost(positions: number, vectors: number): number {
  return Math.max((positions * vectors) / 2, 4) + vectors / 2 + 0.5;
}

/** The tile of at most `most` positions that covers height x width x images with the least estimated time. */
export function chooseTile(
  extent: { readonly height: number; readonly width: number; readonly images: number },
  vectors: number,
  most: number,
): Tile & { readonly cost: number } {
  let best = { width: 1, height: 1, images: 1, cost: Number.POSITIVE_INFINITY };
  for (const width of cutSizes(extent.width, most)) {
    for (const height of cutSizes(extent.height, Math.floor(most / width))) {
      for (const images of cutSizes(extent.images, Math.floor(most / (width * height)))) {
        const tile = { width, height, images };
        const cost = coverCost(extent, tile, vectors);
        if (cost < best.cost * 0.999) best = { ...tile, cost };
      }
    }
  }
  return best;
}

/** Sizes of the largest pieces that cutting can give, widest first. */
function cutSizes(count: number, most: number): number[] {
  const sizes = new Set<number>();
  for (let size = Math.min(most, count); size > 0; size--) sizes.add(cut(count, size).size);
  return [...sizes];
}

function coverCost(extent: Tile, tile: Tile, vectors: number): number {
  let [cost, variants] = [0, 0];
  for (const [width, widths] of sizesOf(cut(extent.width, tile.width))) {
    for (const [height, heights] of sizesOf(cut(extent.height, tile.height))) {
      for (const [images, times] of sizesOf(cut(extent.images, tile.images))) {
        cost += widths * heights * times * tileCost(width * height * images, vectors);
        variants++;
      }
    }
  }
  return cost * (1 + 0.01 * (variants - 1));
}
