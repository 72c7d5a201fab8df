// A tap convolution with its schedule, and the numbers that follow from both.
import { inputBlocks, largestPhase, outputVectors, type TapProblem } from './problem.ts';
import type { Schedule } from './schedule.ts';
import type { TileSettings } from './tap-tile.ts';
import { cut, piecesOf } from './tiles.ts';

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
    outputs: problem.groups * problem.filter.sets,
    imageBlocks: problem.images / schedule.images,
    rowBlocks: Math.max(
      ...problem.phases.map(({ rows }, i) =>
        Math.ceil(piecesOf(cut(rows.count, schedule.tiles[i]!.height)) / schedule.rowPieces),
      ),
    ),
  };
}

/** Vectors in a set of outputs: in every set but the last, and in the last if it has fewer. */
export function vectorCounts({ problem }: TapPlan): readonly [number, number?] {
  const { vectors, sets } = problem.filter;
  const last = outputVectors(problem) - (sets - 1) * vectors;
  return last === vectors ? [vectors] : sets === 1 ? [last] : [vectors, last];
}
