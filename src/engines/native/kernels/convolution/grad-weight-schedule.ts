// How a weight gradient is cut up: vectors at once, blocks of positions that stay in cache, and the split between threads.
import type { GradWeightProblem, Span, Sweeps } from './grad-weight-problem.ts';
import { chunkFor } from './grad-weight-problem.ts';

export interface GradWeightSchedule {
  /** Vectors of outputs that are summed at once: a multiple of the filter's. */
  readonly vectors: number;
  /** Images and rows in a block of positions. */
  readonly images: number;
  readonly rows: number;
  /** What threads divide; positions only where filters are too few. */
  readonly split: 'positions' | 'filters';
}

/** Loss by an uneven split up to which threads divide filters. */
const UNEVEN = 1.2;

/** Positions whose pixels and output gradients stay in the first cache while all taps go over them. */
const POSITIONS = 128;

/** Rules of thumb, from measurements with 16 lanes on images of 1 x 1 to 112 x 112. */
export function gradWeightSchedule(
  problem: GradWeightProblem,
  spans: readonly [Span, Span],
  [images, rows, columns]: Sweeps,
): GradWeightSchedule {
  const vectors = vectorsFor(problem);
  const wish = {
    images: Math.min(images.count, Math.ceil(POSITIONS / (rows.count * columns.count))),
    rows: Math.min(rows.count, Math.ceil(POSITIONS / columns.count)),
  };
  const blocks = Math.ceil(images.count / wish.images) * Math.ceil(rows.count / wish.rows);
  const apart = evenness(problem, spans, vectors) > UNEVEN && blocks >= problem.target.threads;
  return {
    vectors,
    ...wish,
    split: apart ? 'positions' : 'filters',
  };
}

/** Four vectors where there are few channels to keep sums for. */
function vectorsFor({ filter, outputs, channels, target }: GradWeightProblem): number {
  const vectors = Math.ceil(outputs / target.lanes);
  const few = channels < 8 && target.registers === 32;
  if (few && filter.vectors === 2 && filter.sets % 2 === 0 && vectors % 4 === 0) return 4;
  return filter.vectors;
}

/** Time with units of work divided by threads, relative to an even division. */
function evenness(problem: GradWeightProblem, spans: readonly [Span, Span], vectors: number): number {
  const { filter, groups, channels, input, target } = problem;
  const sets = groups * Math.ceil((filter.sets * filter.vectors) / vectors);
  const chunk = chunkFor(problem, vectors, ...spans);
  const items = sets * Math.ceil(channels / input.perBlock) * Math.ceil(spans[0].count / chunk.rows);
  return (Math.ceil(items / target.threads) * target.threads) / items;
}
