// Winograd's gradient of a convolution with respect to its weights: G^T [sum over tiles of (B^T d B) . (A dy A^T)] G.
import { block, lines } from '../../../compiler/code.ts';
import type { Kernel, Operand, Target } from '../../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../../compiler/layout.ts';
import { filterGradientFunction, type Panels, type Weights, weightsAt } from './filters.ts';
import { type FilterGradientPlan, methodOf } from './plan.ts';
import { accumulateFunction, type GradientTile } from './products.ts';
import { readFunction } from './read.ts';
import { type TileSteps, type Tiling, tileRange, tileSteps, tilingOf } from './tiling.ts';
import { transformFunction } from './transforms.ts';

/** The operands of a `ConvGradWeight` of 3 x 3 with stride 1. */
export interface FilterGradient {
  readonly input: Operand;
  readonly gradient: Operand;
  /** The output. */
  readonly weights: Weights;
  /** Rows and columns of padding before the input. */
  readonly padStart: readonly [number, number];
}

/** Tiles that are summed up in one go of the innermost loop. */
const TILES_PER_GROUP = 14;

/** All that the pieces of the kernel agree on. Sizes and steps are in floats. */
interface Scheme {
  readonly problem: FilterGradient;
  readonly plan: FilterGradientPlan;
  readonly tiling: Tiling;
  readonly input: ImageGeometry;
  readonly gradient: ImageGeometry;
  readonly registers: GradientTile;
  /** Of the transformed tiles of the input and of the gradient that lie in memory at the same time. */
  readonly tiles: TileSteps;
  readonly gradients: TileSteps;
  /** Number of panels of outputs. */
  readonly count: number;
  /** Of the sums of a panel and a block of inputs, in one plane. */
  readonly sums: number;
  readonly panels: Panels;
  readonly target: Target;
}

/** The kernel of a gradient with respect to weights by a plan. */
export function filterGradientKernel(
  problem: FilterGradient,
  plan: FilterGradientPlan,
  target: Target,
): Kernel {
  const scheme = schemeOf(problem, plan, target);
  const { tiling, input, gradient, registers, tiles, gradients, panels } = scheme;
  const { lanes, threads } = target;
  const { shared, own } = workspaceParts(scheme);
  const windows = { kind: 'input', image: input, padStart: problem.padStart } as const;
  const parts = plan.divide === 'tiles' ? threads : 1;
  const code = lines(
    ...(['input', 'gradient', 'filterGradient'] as const).map((kind) => transformFunction(kind, plan.size)),
    readFunction(windows, tiling, tiles),
    readFunction({ kind: 'gradient', image: gradient, padStart: [0, 0] }, tiling, gradients),
    accumulateFunction(tiling, registers, tiles, gradients, lanes),
    filterGradientFunction(problem.weights, panels, parts, own),
    plan.divide === 'tiles' ? divideTiles(scheme) : divideOutputs(scheme),
  );
  const flops =
    2 * 9 * input.channels * gradient.images * gradient.channels * gradient.height * gradient.width;
  return { code, workspace: shared + threads * own, flops, method: methodOf(plan) };
}

/**
 * Vectors of outputs and channels of inputs whose sums registers hold, which leave none over. Where tiles
 * are near, blocks of 16 inputs are best, whose scalars lie in one cache line; else pairs of outputs, for which tiles have to
 * be fetched half as often.
 */
function registersFor(
  blocks: number,
  { divide }: FilterGradientPlan,
  { lanes, registers }: Target,
): GradientTile {
  if (divide === 'tiles' && lanes === 16) return { panel: 1, inputs: lanes };
  const panel = blocks % 2 === 0 ? 2 : blocks % 3 === 0 ? 3 : 1;
  const most = registers / 2 / (panel === 1 ? 1 : 2);
  return { panel, inputs: Math.min(lanes, most) };
}

function schemeOf(problem: FilterGradient, plan: FilterGradientPlan, target: Target): Scheme {
  const { lanes } = target;
  const input = imageGeometry(problem.input.shape, problem.input.layout, lanes);
  const gradient = imageGeometry(problem.gradient.shape, problem.gradient.layout, lanes);
  const registers = registersFor(gradient.blocks, plan, target);
  const { panel } = registers;
  const parts = plan.divide === 'tiles' ? target.threads : 1;
  const tiling = tilingOf(problem.gradient.shape, plan.size, TILES_PER_GROUP, parts);
  const count = gradient.blocks / panel;
  const sums = lanes * panel * lanes;
  const groups = plan.divide === 'tiles' ? Math.min(plan.groups, tiling.groups) : tiling.groups;
  // One vector more, or else planes would compete for the same places in the cache.
  const plane = (plan.divide === 'tiles' ? count * input.blocks : 1) * sums + lanes;
  return {
    problem,
    plan: { ...plan, groups },
    tiling,
    input,
    gradient,
    registers,
    tiles: tileSteps(tiling, groups, input.blocks, lanes),
    gradients: tileSteps(tiling, groups, gradient.blocks, lanes),
    count,
    sums,
    panels: { size: plan.size, panel, blocks: gradient.blocks, plane },
    target,
  };
}

/** What belongs to everyone, and then what each thread has for itself. */
function workspaceParts({ plan, tiling, panels, tiles, gradients }: Scheme) {
  const sums = tiling.planes * panels.plane;
  const transformed = tiles.size + gradients.size;
  return plan.divide === 'tiles'
    ? { shared: 0, own: sums + transformed, sums }
    : { shared: transformed, own: sums, sums };
}

function divideTiles(scheme: Scheme): string {
  const { plan, tiling, input, gradient, tiles, gradients, count, sums } = scheme;
  const parts = workspaceParts(scheme);
  return kernel(
    `float *sums = workspace + me * ${parts.own}L, *tiles = sums + ${parts.sums}L;`,
    `float *gradients = tiles + ${tiles.size}L;`,
    `CHUNK(${tiling.groups}L, first_group, end_group);`,
    `if (first_group == end_group) memset(sums, 0, ${parts.sums}L * sizeof(float));`,
    block(
      `for (long group = first_group; group < end_group; group += ${plan.groups})`,
      `const long groups = end_group - group < ${plan.groups} ? end_group - group : ${plan.groups};`,
      tileRange(tiling, 'group', 'groups'),
      `for (long b = 0; b < ${input.blocks}; b++)`,
      `  NAME_read_input(input + b * ${input.block}L, tiles + b * ${tiles.block}L, first, count);`,
      `for (long b = 0; b < ${gradient.blocks}; b++)`,
      `  NAME_read_gradient(gradient + b * ${gradient.block}L, gradients + b * ${gradients.block}L, first, count);`,
      block(
        `for (long k = 0; k < ${tiling.planes}; k++)`,
        block(
          `for (long i = 0; i < ${count * input.blocks}; i++)`,
          `const long panel = i / ${input.blocks}, b = i % ${input.blocks};`,
          accumulate(scheme, `sums + i * ${sums}L`, 'groups', 'group == first_group'),
        ),
      ),
    ),
    'pool->barrier(pool);',
    block(
      eachSum(scheme),
      `const long panel = i / ${input.blocks}, b = i % ${input.blocks};`,
      writeWeights(scheme, `workspace + i * ${sums}L`),
    ),
    clearWeights(scheme),
  );
}

function divideOutputs(scheme: Scheme): string {
  const { tiling, input, gradient, tiles, gradients } = scheme;
  const parts = workspaceParts(scheme);
  const read = (kind: string, from: ImageGeometry, to: string, steps: TileSteps): string =>
    block(
      '',
      `CHUNK(${from.blocks * tiling.groups}L, first_part, end_part);`,
      block(
        'for (long i = first_part; i < end_part; i++)',
        `const long b = i / ${tiling.groups}, group = i % ${tiling.groups};`,
        tileRange(tiling, 'group', '1'),
        `NAME_read_${kind}(${kind} + b * ${from.block}L, ${to} + group * ${steps.group}L + b * ${steps.block}L, first, count);`,
      ),
    );
  return kernel(
    `float *tiles = workspace, *gradients = workspace + ${tiles.size}L;`,
    `float *sums = workspace + ${parts.shared}L + me * ${parts.own}L;`,
    read('input', input, 'tiles', tiles),
    read('gradient', gradient, 'gradients', gradients),
    'pool->barrier(pool);',
    block(
      eachSum(scheme),
      `const long panel = i / ${input.blocks}, b = i % ${input.blocks};`,
      block(
        `for (long k = 0; k < ${tiling.planes}; k++)`,
        accumulate(scheme, 'sums', `${tiling.groups}`, '1'),
      ),
      writeWeights(scheme, 'sums'),
    ),
    clearWeights(scheme),
  );
}

function kernel(...body: readonly string[]): string {
  return block(
    'void NAME(struct pool *pool, int me, float *const *a)',
    'const float *input = a[0], *gradient = a[1];',
    'float *weights = a[2], *workspace = a[3];',
    ...body,
  );
}

/** A loop over this thread's part of the panels and blocks of inputs. */
function eachSum({ count, input }: Scheme): string {
  return `CHUNK(${count * input.blocks}L, first_sum, end_sum);\nfor (long i = first_sum; i < end_sum; i++)`;
}

/** Sums up plane k of one panel and one block of inputs. */
function accumulate(
  { tiles, gradients, registers, panels }: Scheme,
  sums: string,
  groups: string,
  first: string,
): string {
  const { panel, inputs } = registers;
  return lines(
    `for (long c = 0; c < LANES; c += ${inputs})`,
    `  NAME_accumulate(tiles + b * ${tiles.block}L + k * ${tiles.plane} + c, gradients + panel * ${panel * gradients.block}L + k * ${gradients.plane},`,
    `    ${sums} + k * ${panels.plane}L + c * ${panel} * LANES, ${groups}, ${first});`,
  );
}

function writeWeights({ problem, panels: { panel } }: Scheme, sums: string): string {
  return block(
    `for (long v = 0; v < ${panel}; v++)`,
    `const long o = panel * ${panel} + v;`,
    `NAME_filter_gradient(${sums} + v * LANES, weights + ${weightsAt(problem.weights, 'o', 'b')});`,
  );
}

/** Zeros for the vector of outputs that pairs up with the last one, if their number is odd. */
function clearWeights({
  problem: { weights },
  input,
  gradient: { blocks },
  target: { lanes },
}: Scheme): string {
  if (blocks % weights.vectors === 0) return '';
  return block(
    `for (long i = me; i < ${input.blocks * 9 * lanes}; i += pool->size)`,
    `STORE(weights + ${((blocks - 1) / 2) * weights.set + lanes}L + i * ${weights.channel}, ZERO);`,
  );
}
