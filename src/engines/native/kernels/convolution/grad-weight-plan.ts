// How a weight gradient is divided: sums in registers, blocks of positions that stay in cache, and the split between threads.
import { range } from '../../../../base/numbers.ts';
import {
  type Chunk,
  chunkFor,
  type GradWeightProblem,
  type Span,
  type Sweeps,
  spanOf,
  sweepsOf,
} from './grad-weight-problem.ts';
import { divide, tileCount, unevenness } from './tiles.ts';

export interface GradWeightPlan {
  readonly problem: GradWeightProblem;
  /** Kernel rows and columns. */
  readonly spans: readonly [Span, Span];
  readonly sweeps: Sweeps;
  readonly chunk: Chunk;
  /** Vectors of outputs that are summed at once: a multiple of the filter's. */
  readonly vectors: number;
  /** Sets of so many vectors, over all groups. */
  readonly sets: number;
  /** Blocks of channels in a group. */
  readonly blocks: number;
  /** Chunks of kernel rows. */
  readonly rowChunks: number;
  /** Images and rows in a block of positions. */
  readonly images: number;
  readonly rows: number;
  readonly imageBlocks: number;
  readonly rowBlocks: number;
  /** What threads divide; positions only where filters are too few. */
  readonly split: 'positions' | 'filters';
}

/** Positions whose pixels and output gradients stay in the first cache while all taps go over them. */
const POSITIONS = 128;
/** Other numbers of them that may be faster. */
const OTHER_POSITIONS = [32, 64, 256, 512];
/** Loss by an uneven split up to which threads divide filters. */
const UNEVEN = 1.2;

/** What a plan leaves open. */
interface Choice {
  readonly positions: number;
  readonly vectors: number;
  readonly split?: GradWeightPlan['split'];
}

/** Rules of thumb, from measurements with 16 lanes on images of 1 x 1 to 224 x 224. */
export function gradWeightPlan(
  problem: GradWeightProblem,
  dilations: readonly [number, number],
  { positions, vectors, split }: Choice = { positions: POSITIONS, vectors: vectorsFor(problem) },
): GradWeightPlan {
  const { phase, filter, groups, channels, input, target } = problem;
  const spans = [spanOf(phase.rows, dilations[0]), spanOf(phase.columns, dilations[1])] as const;
  const sweeps = sweepsOf(problem);
  const [allImages, allRows, allColumns] = sweeps.map(({ count }) => count) as [number, number, number];
  const chunk = chunkFor(problem, vectors, ...spans);
  const work = {
    sets: groups * Math.ceil((filter.sets * filter.vectors) / vectors),
    blocks: Math.ceil(channels / input.perBlock),
    rowChunks: spans[0].count > 0 ? tileCount(divide(spans[0].count, chunk.rows)) : 0,
  };
  const images = Math.min(allImages, Math.ceil(positions / (allRows * allColumns)));
  const rows = Math.min(allRows, Math.ceil(positions / allColumns));
  const [imageBlocks, rowBlocks] = [Math.ceil(allImages / images), Math.ceil(allRows / rows)];
  const uneven = unevenness(work.sets * work.blocks * work.rowChunks, target.threads) > UNEVEN;
  const usual = uneven && imageBlocks * rowBlocks >= target.threads ? 'positions' : 'filters';
  return {
    ...{ problem, spans, sweeps, chunk, vectors },
    ...work,
    ...{ images, rows, imageBlocks, rowBlocks },
    split: split ?? usual,
  };
}

/** Plans that may be faster than the one of the rules of thumb. */
export function gradWeightPlans(
  problem: GradWeightProblem,
  dilations: readonly [number, number],
): GradWeightPlan[] {
  const vectors = vectorsFor(problem);
  const others = vectors === problem.filter.vectors ? [] : [problem.filter.vectors];
  return [vectors, ...others].flatMap((vectors) =>
    [POSITIONS, ...OTHER_POSITIONS].flatMap((positions) =>
      (['filters', 'positions'] as const).map((split) =>
        gradWeightPlan(problem, dilations, { positions, vectors, split }),
      ),
    ),
  );
}

/** A plan in words, by which it is known again. */
export function methodOf({ vectors, images, rows, split }: GradWeightPlan): string {
  return `direct vectors ${vectors} blocks ${images}x${rows} by ${split}`;
}

/** Four vectors where there are few channels to keep sums for. */
function vectorsFor({ filter, outputs, channels, target }: GradWeightProblem): number {
  const vectors = Math.ceil(outputs / target.lanes);
  const few = channels < 8 && target.registers === 32;
  return few && filter.vectors === 2 && vectors % 4 === 0 ? 4 : filter.vectors;
}

/** Whether lanes without a channel or vectors without outputs get no sum. */
export function hasEmptyLanes({ problem, chunk }: GradWeightPlan): boolean {
  const { filter, channels, outputs, target } = problem;
  const inLast = channels % target.lanes || target.lanes;
  const covered = Math.ceil(inLast / chunk.channels) * chunk.channels;
  return covered < target.lanes || Math.ceil(outputs / target.lanes) < filter.sets * filter.vectors;
}

/** Taps that read only padding, and get no sum. */
export function droppedTaps({ problem, spans }: GradWeightPlan): number[] {
  const { kernelHeight, kernelWidth } = problem;
  const inside = (at: number, { index, count }: Span): boolean => at >= index && at < index + count;
  return range(kernelHeight * kernelWidth).filter(
    (tap) => !inside(Math.floor(tap / kernelWidth), spans[0]) || !inside(tap % kernelWidth, spans[1]),
  );
}
