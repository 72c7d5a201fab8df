// The weight gradient of depthwise convolution: every tap's sum over positions, lane by lane.
import { block, lines, outlinedFunction, sum, times } from '../../compiler/code.ts';
import type { Target } from '../../compiler/kernel.ts';
import type { ImageGeometry } from '../../compiler/layout.ts';
import type { Phase } from './geometry.ts';
import { addPartialSums } from './partial-sums.ts';
import { accumulators } from './tiles.ts';

export interface DepthwiseGradWeightProblem {
  readonly target: Target;
  /** x and dy. */
  readonly input: ImageGeometry;
  readonly output: ImageGeometry;
  readonly phase: Phase;
  readonly taps: number;
  readonly kernelWidth: number;
}

export interface DepthwiseGradWeightCode {
  readonly functions: string;
  /** Statements that sum this thread's images and channel blocks into its part of `partial`. */
  readonly sums: string;
  /** Statements that add the threads' sums, in their order. */
  readonly reduce: string;
  /** Floats of `partial`. */
  readonly partial: number;
}

interface Tap {
  readonly input: number;
  readonly filter: number;
}

export function depthwiseGradWeight(problem: DepthwiseGradWeightProblem): DepthwiseGradWeightCode {
  const { input, output, taps, target } = problem;
  const size = input.blocks * taps * target.lanes;
  const groups = tapGroups(problem);
  const sums = lines(
    `float *sums = partial + me * ${size}L;`,
    `memset(sums, 0, ${size * 4}L);`,
    `CHUNK(${input.blocks * input.images}, first_plane, end_plane);`,
    block(
      'for (long plane = first_plane; plane < end_plane; plane++)',
      `const long block = plane / ${input.images}, image = plane % ${input.images};`,
      `const float *xs = x + ${sum(input.origin, times('image', input.image), times('block', input.block))};`,
      `const float *ds = dy + ${sum(output.origin, times('image', output.image), times('block', output.block))};`,
      ...groups.map((_, i) => `NAME_sums${i}(xs, ds, sums + block * ${taps * target.lanes});`),
    ),
  );
  const reduce = addPartialSums(size, 'dw');
  const functions = lines(...groups.map((group, i) => sumsFunction(problem, group, i)));
  return { functions, sums, reduce, partial: target.threads * size };
}

/** Taps in groups whose sums fit into registers. */
function tapGroups({ phase, input, kernelWidth, target }: DepthwiseGradWeightProblem): Tap[][] {
  const taps = phase.rows.taps.flatMap((u) =>
    phase.columns.taps.map((v) => ({
      input: u.offset * input.row + v.offset * input.pixel,
      filter: (u.index * kernelWidth + v.index) * target.lanes,
    })),
  );
  const count = Math.ceil(taps.length / accumulators(target));
  return Array.from({ length: count }, (_, i) =>
    taps.slice(Math.floor((taps.length * i) / count), Math.floor((taps.length * (i + 1)) / count)),
  );
}

function sumsFunction(
  { phase, input, output }: DepthwiseGradWeightProblem,
  taps: readonly Tap[],
  number: number,
): string {
  const { rows, columns } = phase;
  return outlinedFunction(
    `NAME_sums${number}`,
    ['const float *x', 'const float *dy', 'float *dw'],
    `vec ${taps.map(({ filter }, i) => `s${i} = LOAD(dw + ${filter})`).join(', ')};`,
    block(
      `for (int h = 0; h < ${rows.count}; h++)`,
      `const float *xr = x + h * ${rows.inputStep * input.row}L, *dr = dy + h * ${output.row}L;`,
      block(
        `for (int w = 0; w < ${columns.count}; w++, xr += ${columns.inputStep * input.pixel}, dr += ${output.pixel})`,
        'const vec d = LOAD(dr);',
        ...taps.map(({ input: at }, i) => `s${i} += LOAD(xr + ${at}) * d;`),
      ),
    ),
    ...taps.map(({ filter }, i) => `STORE(dw + ${filter}, s${i});`),
  );
}
