// How a weight gradient is cut up: vectors at once, blocks of positions that stay in cache, and the split between threads.
import type { GradWeightProblem, Span, Sweeps } from './grad-weight-problem.ts';
import { chunkFor } from './grad-weight-problem.ts';

export interface GradWeightSchedule {
  /** Vectors of outputs that are summed at once: a multiple of the filter's. */
  readonly vectors: number;
  /** Images and rows in a block of positions. */
  readonly images: number;
  readonly rows: number;
  /** The outer one of the loops over blocks of positions and over filters. */
  readonly order: 'positions' | 'filters';
  /** What threads divide; positions only where filters are too few. */
  readonly split: 'positions' | 'filters';
}

/** Loss by an uneven split up to which threads divide filters. */
const UNEVEN = 1.2;

/** Rules of thumb, from measurements with 16 lanes on images of 7 x 7 to 112 x 112. */
export function gradWeightSchedule(
  problem: GradWeightProblem,
  spans: readonly [Span, Span],
  sweeps: Sweeps,
): GradWeightSchedule {
  const { rows, columns } = problem.phase;
  const pixels = rows.count * columns.count;
  const large = pixels >= 28 * 28;
  const vectors = vectorsFor(problem);
  const even = evenness(problem, spans, vectors);
  const images = large ? 1 : pixels >= 14 * 14 ? 8 : 64;
  const rowsAtOnce = large ? (problem.kernelWidth === 1 ? 28 : 14) : sweeps[1].count;
  const blocks = Math.ceil(sweeps[0].count / images) * Math.ceil(sweeps[1].count / rowsAtOnce);
  const apart = even > UNEVEN && blocks >= problem.target.threads;
  return {
    vectors,
    images: Math.min(images, sweeps[0].count),
    rows: Math.min(rowsAtOnce, sweeps[1].count),
    order: large ? 'positions' : 'filters',
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
