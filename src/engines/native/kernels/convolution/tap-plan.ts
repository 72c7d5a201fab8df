// A tap convolution with its schedule, and the numbers that follow from both.
import { inputBlocks, largestPhase, type TapProblem } from './problem.ts';
import type { Schedule } from './schedule.ts';
import type { TileSettings } from './tap-tile.ts';
import { divide, type Tile, tileCount } from './tiles.ts';

export interface TapPlan {
  readonly problem: TapProblem;
  readonly schedule: Schedule;
  readonly settings: TileSettings;
  readonly passes: number;
  /** Sets of output vectors, over all groups. */
  readonly outputs: number;
  readonly imageBlocks: number;
  readonly rowBlocks: number;
}

/** Taps times channels up to which the loop over taps is unrolled, too. */
const MOST_UNROLLED = 32;

export function tapPlan(problem: TapProblem, schedule: Schedule): TapPlan {
  const { taps } = largestPhase(problem);
  const passes = Math.ceil(inputBlocks(problem) / schedule.channelBlocks);
  const unrolled = problem.phases.length === 1 && taps * problem.channels <= MOST_UNROLLED;
  return {
    problem,
    schedule,
    passes,
    settings: {
      passes: passes > 1,
      taps: taps <= 1 ? 'single' : unrolled ? 'unrolled' : 'table',
      prefetch: schedule.prefetch,
    },
    outputs: problem.groups * schedule.tiling.sets.count,
    imageBlocks: problem.images / schedule.images,
    rowBlocks: Math.max(
      ...problem.phases.map(({ rows }, i) =>
        Math.ceil(tileCount(divide(rows.count, schedule.tiling.tiles[i].height)) / schedule.rowPieces),
      ),
    ),
  };
}

/** Vectors that are computed together, and the tiles of each phase. */
export interface OutputSet {
  readonly vectors: number;
  readonly tiles: readonly Tile[];
}

/** The sets of outputs: all are like the first, but the last one is like the second if there is a second. */
export function outputSets({ schedule }: TapPlan): readonly [OutputSet, OutputSet?] {
  const { sets, tiles, lastTiles } = schedule.tiling;
  const last = { vectors: sets.last, tiles: lastTiles };
  if (sets.count === 1) return [last];
  const first = { vectors: sets.size, tiles };
  return sets.last === sets.size ? [first] : [first, last];
}
