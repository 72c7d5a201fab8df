// Which vectors of outputs and which positions a tap convolution computes at once: the division with the least estimated time.
import type { Target } from '../../compiler/kernel.ts';
import type { Phase } from './geometry.ts';
import { outputVectors, type TapProblem } from './problem.ts';
import {
  accumulators,
  chooseTile,
  divisionSizes,
  type Sets,
  setsOf,
  type Tile,
  unevenness,
} from './tiles.ts';

/** What threads divide: blocks of positions, then outputs, or outputs alone. */
export type Split = 'positions' | 'outputs';

/** A problem, cut into tiles. */
export interface Tiling {
  /** How the vectors of outputs of a group are divided into those that are computed together. */
  readonly sets: Sets;
  /** For each phase, in all sets but the last, and in the last. */
  readonly tiles: readonly Tile[];
  readonly lastTiles: readonly Tile[];
  /** Estimated cycles for one channel. */
  readonly cost: number;
}

export function cheapestTiling(problem: TapProblem, images: number, split: Split): Tiling {
  return tilings(problem, images, split).reduce((best, other) => (other.cost < best.cost ? other : best));
}

/** Tilings with sets of different sizes, of blocks of `images` images. */
export function tilings(problem: TapProblem, images: number, split: Split): Tiling[] {
  return setSizes(problem).map((size) => tilingBy(size, problem, images, split));
}

/** Four vectors need the fewest instructions for each product, where registers are many. */
function setSizes(problem: TapProblem): number[] {
  const { filter, groups, target } = problem;
  const vectors = outputVectors(problem);
  const divides = groups === 1 || vectors % 4 === 0;
  const wide = target.registers === 32 && filter.vectors === 2 && divides ? [4] : [];
  return [...wide, filter.vectors].map((size) => Math.min(size, vectors));
}

function tilingBy(size: number, problem: TapProblem, images: number, split: Split): Tiling {
  const { groups, phases, target } = problem;
  const sets = setsOf(outputVectors(problem), size);
  const extents = phases.map(({ rows, columns }) => ({ height: rows.count, width: columns.count, images }));
  const [most, mostInLast] = [positionsFor(sets.size, target), positionsFor(sets.last, target)];
  const tiles = extents.map((extent) =>
    chooseTile(extent, sets.size, most, divisionSizes(extent.height, Math.min(most, mostInLast))),
  );
  // Of the same height, so that both divide rows into the same blocks.
  const lastTiles = extents.map((extent, i) => chooseTile(extent, sets.last, mostInLast, [tiles[i].height]));
  const weigh = (chosen: readonly { readonly cost: number }[]): number =>
    chosen.reduce((sum, { cost }, i) => sum + cost * Math.max(tapsOf(phases[i]), 0.3), 0);
  const cost = groups * ((sets.count - 1) * weigh(tiles) + weigh(lastTiles));
  const uneven = split === 'outputs' ? unevenness(groups * sets.count, target.threads) : 1;
  return { sets, tiles, lastTiles, cost: cost * uneven };
}

/** Positions of which registers hold so many vectors. */
function positionsFor(vectors: number, target: Target): number {
  return Math.floor(accumulators(target, vectors) / vectors);
}

function tapsOf({ rows, columns }: Phase): number {
  return rows.taps.length * columns.taps.length;
}
