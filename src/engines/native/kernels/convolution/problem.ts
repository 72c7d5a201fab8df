// A tap convolution: out[position] = sum over taps and channels of in[position step + tap] weight[tap][channel].
// The forward pass is one over x, the input gradient one over dy with transposed weights.
import type { Target } from '../../compiler/kernel.ts';
import type { ImageGeometry } from '../../compiler/layout.ts';
import type { Epilogue } from './epilogue.ts';
import type { FilterSteps } from './filter.ts';
import { type AxisPhase, combinePhases, type Phase, splitAtBorders } from './geometry.ts';
import type { View } from './view.ts';

export interface TapProblem {
  readonly target: Target;
  readonly images: number;
  readonly groups: number;
  /** What is read, and its channels in a group. */
  readonly input: View;
  readonly channels: number;
  readonly filter: FilterSteps;
  readonly kernelWidth: number;
  /** What is written, and its channels in a group. */
  readonly output: ImageGeometry;
  readonly outputs: number;
  /** All phases have the same steps. */
  readonly phases: readonly Phase[];
  readonly epilogue: Epilogue;
}

/** Blocks of input channels in a group. */
export function inputBlocks({ channels, input }: TapProblem): number {
  return Math.ceil(channels / input.perBlock);
}

/** Vectors of output channels in a group. */
export function outputVectors({ outputs, target }: TapProblem): number {
  return Math.ceil(outputs / target.lanes);
}

/** The largest number of rows, columns and taps in any phase. */
export function largestPhase({ phases }: TapProblem): { height: number; width: number; taps: number } {
  return {
    height: Math.max(...phases.map(({ rows }) => rows.count)),
    width: Math.max(...phases.map(({ columns }) => columns.count)),
    taps: Math.max(...phases.map(({ rows, columns }) => rows.taps.length * columns.taps.length)),
  };
}

/**
 * The same problem with each image as one long row, if rows follow each other without a gap wherever they are read and
 * written.
 */
export function flattened(problem: TapProblem): TapProblem | undefined {
  const { phases, input, output, epilogue } = problem;
  const [phase] = phases as readonly [Phase];
  if (phases.length > 1 || phase.rows.count === 1) return undefined;
  const { rows, columns } = phase;
  const inputGapless = rows.inputStep * input.row === columns.count * columns.inputStep * input.pixel;
  const gapless = ({ row, pixel }: ImageGeometry): boolean =>
    rows.outputStep * row === columns.count * columns.outputStep * pixel;
  const images = [output, epilogue.addend, epilogue.residual].filter((image) => image !== undefined);
  if (!inputGapless || !images.every(gapless)) return undefined;
  const flat = {
    rows: { ...rows, count: 1 },
    columns: { ...columns, count: rows.count * columns.count },
  };
  return { ...problem, phases: [flat] };
}

/** Pieces of phases up to which images are split at their borders. */
const MOST_PIECES = 100;

/** The same problem without the products with padding, in more phases. */
export function bordered(problem: TapProblem): TapProblem | undefined {
  const { phases, input } = problem;
  const axis = (which: 'rows' | 'columns', extent: number): AxisPhase[] => {
    const axes = new Map(phases.map((phase) => [phase[which].first, phase[which]]));
    return splitAtBorders([...axes.values()], extent);
  };
  const split = combinePhases(axis('rows', input.height), axis('columns', input.width));
  return split.length > phases.length && split.length <= MOST_PIECES
    ? { ...problem, phases: split }
    : undefined;
}
