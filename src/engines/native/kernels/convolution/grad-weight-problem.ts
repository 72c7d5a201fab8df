// The weight gradient: dw[tap][channel] = sum over positions of x[position step + tap][channel] dy[position].
// Some channels and taps (a chunk) times some vectors of outputs are kept in registers while positions go by.
import type { Target } from '../../compiler/kernel.ts';
import type { ImageGeometry } from '../../compiler/layout.ts';
import type { FilterSteps } from './filter.ts';
import type { AxisPhase, Phase } from './geometry.ts';
import { accumulators, divide, tileCount } from './tiles.ts';
import type { View } from './view.ts';

export interface GradWeightProblem {
  readonly target: Target;
  readonly images: number;
  readonly groups: number;
  /** x, and its channels in a group. */
  readonly input: View;
  readonly channels: number;
  /** dy, and its channels in a group. */
  readonly output: ImageGeometry;
  readonly outputs: number;
  readonly filter: FilterSteps;
  readonly phase: Phase;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

/** One loop over positions: how many, and the steps in x and dy. */
export interface Sweep {
  readonly count: number;
  readonly input: number;
  readonly output: number;
}

/** Loops over images, rows and columns. */
export type Sweeps = readonly [images: Sweep, rows: Sweep, columns: Sweep];

const once: Sweep = { count: 1, input: 0, output: 0 };
/** Pixels up to which rows are joined: larger images are divided by rows. */
const MOST_JOINED = 28 * 28;

/** The loops over positions; those that follow each other without a gap are joined. */
export function sweepsOf({ images, input, output, phase }: GradWeightProblem): Sweeps {
  const { rows, columns } = phase;
  const all: Sweeps = [
    { count: images, input: input.image, output: output.image },
    { count: rows.count, input: rows.inputStep * input.row, output: output.row },
    { count: columns.count, input: columns.inputStep * input.pixel, output: output.pixel },
  ];
  if (rows.count * columns.count === 1) return [once, once, all[0]];
  const gapless =
    all[1].input === columns.count * all[2].input && all[1].output === columns.count * all[2].output;
  if (!gapless || rows.count * columns.count > MOST_JOINED) return all;
  return [all[0], once, { ...all[2], count: rows.count * columns.count }];
}

/** Kernel indices of an axis from the first to the last useful one; those between read zeros if they are not. */
export interface Span {
  readonly index: number;
  readonly offset: number;
  readonly step: number;
  readonly count: number;
}

export function spanOf({ taps }: AxisPhase, dilation: number): Span {
  const [first, last] = [taps[0], taps.at(-1)];
  if (!first || !last) return { index: 0, offset: 0, step: dilation, count: 0 };
  return { index: first.index, offset: first.offset, step: dilation, count: last.index - first.index + 1 };
}

/** Numbers of kernel rows, kernel columns and channels that are summed at once. */
export interface Chunk {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
}

/** Channels in a block that need a sum: all lanes, if there are several blocks. */
export function channelsInBlock({ channels, input }: GradWeightProblem): number {
  return Math.min(channels, input.perBlock);
}

/** As many channels as divide a block, else all channels and as many taps as there is room for. */
export function chunkFor(problem: GradWeightProblem, vectors: number, rows: Span, columns: Span): Chunk {
  const room = Math.floor(accumulators(problem.target) / vectors);
  const channels = channelsInBlock(problem);
  const most = problem.target.registers === 32 ? 8 : 4;
  if (channels >= most) {
    return {
      rows: 1,
      columns: 1,
      channels: channels === problem.target.lanes ? most : divide(channels, most).size,
    };
  }
  const wide = divide(Math.max(1, columns.count), Math.max(1, Math.floor(room / channels)));
  const high = Math.max(1, Math.floor(room / (channels * wide.size)));
  return {
    rows: tileCount(wide) === 1 ? divide(Math.max(1, rows.count), high).size : 1,
    columns: wide.size,
    channels,
  };
}
