// Winograd's convolution and its gradient with respect to the input, which is a convolution with flipped weights.

import { takeChunks } from '../../../compiler/c.ts';
import { block, lines } from '../../../compiler/code.ts';
import type { Kernel, Operand, Target } from '../../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../../compiler/layout.ts';
import { type Epilogue, extrasOf } from '../epilogue.ts';
import { filterFunction, type Panels, panelsOf, transformAll, type Weights } from './filters.ts';
import { methodOf, type Plan } from './plan.ts';
import { multiplyFunction } from './products.ts';
import { readFunction } from './read.ts';
import {
  type ProductSteps,
  panelOf,
  productSteps,
  type TileSteps,
  type Tiling,
  tileRange,
  tileSteps,
  tilesInRegisters,
  tilingOf,
} from './tiling.ts';
import { transformFunction } from './transforms.ts';
import { writeFunction } from './write.ts';

/** A convolution of 3 x 3 with stride 1, or a gradient as one. */
export interface Convolution {
  readonly input: Operand;
  readonly output: Operand;
  /** How weights lie; undefined if they lie as products read them. */
  readonly weights: Weights | undefined;
  /** Whether weights are those of a forward pass of which this is the gradient. */
  readonly flipped: boolean;
  /** Rows and columns of padding before the input. */
  readonly padStart: readonly [number, number];
  readonly epilogue: Epilogue;
}

/** All that the pieces of the kernel agree on. Sizes and steps are in floats. */
interface Scheme {
  readonly convolution: Convolution;
  readonly plan: Plan;
  readonly tiling: Tiling;
  readonly input: ImageGeometry;
  readonly output: ImageGeometry;
  readonly panels: Panels;
  readonly products: ProductSteps;
  /** Of the tiles that lie in memory at the same time. */
  readonly steps: TileSteps;
  /** Number of panels. */
  readonly count: number;
  /** Of a panel's transformed filters. */
  readonly filters: number;
  readonly target: Target;
}

/** The kernel of a convolution by a plan. */
export function convolutionKernel(convolution: Convolution, plan: Plan, target: Target): Kernel {
  const scheme = schemeOf(convolution, plan, target);
  const { tiling, input, output, panels, products, steps } = scheme;
  const { weights, flipped, padStart, epilogue } = convolution;
  const { lanes } = target;
  const code = lines(
    ...(['input', 'output'] as const).map((kind) => transformFunction(kind, plan.size)),
    readFunction({ kind: 'input', image: input, padStart }, tiling, steps),
    weights && filterFunction(weights, panels, flipped, lanes),
    multiplyFunction(tiling, steps, panels.panel, lanes),
    writeFunction(output, epilogue, tiling, products),
    plan.divide === 'tiles' ? divideTiles(scheme) : divideOutputs(scheme),
  );
  const flops = 2 * 9 * input.channels * output.images * output.channels * output.height * output.width;
  return { code, workspace: workspaceOf(scheme), flops, method: methodOf(plan) };
}

function schemeOf(convolution: Convolution, plan: Plan, target: Target): Scheme {
  const { lanes } = target;
  const input = imageGeometry(convolution.input.shape, convolution.input.layout, lanes);
  const output = imageGeometry(convolution.output.shape, convolution.output.layout, lanes);
  const panel = panelOf(output.blocks);
  const parts = plan.divide === 'tiles' ? target.threads : 1;
  const tiling = tilingOf(convolution.output.shape, plan.size, tilesInRegisters(panel, target), parts);
  const atOnce = convolution.weights && plan.divide === 'outputs' ? plan.inputs : input.blocks;
  const inputs = Math.min(atOnce, input.blocks);
  const groups = plan.divide === 'tiles' ? Math.min(plan.groups, tiling.groups) : tiling.groups;
  const panels = panelsOf(plan.size, panel, inputs, output.blocks, lanes);
  return {
    convolution,
    plan: { ...plan, inputs, groups },
    tiling,
    input,
    output,
    panels,
    products: productSteps(tiling, panel, lanes),
    steps: tileSteps(tiling, groups, input.blocks, lanes),
    count: Math.ceil(output.blocks / panel),
    filters: tiling.planes * panels.plane,
    target,
  };
}

/** What belongs to everyone, and then what each thread has for itself. */
function workspaceParts({ convolution: { weights }, plan, products, steps, count, filters }: Scheme): {
  shared: number;
  own: number;
} {
  const transformed = weights ? filters : 0;
  return plan.divide === 'tiles'
    ? { shared: count * transformed, own: steps.size + plan.groups * products.group }
    : { shared: steps.size, own: transformed + plan.groups * products.group };
}

function workspaceOf(scheme: Scheme): number {
  const { shared, own } = workspaceParts(scheme);
  return shared + scheme.target.threads * own;
}

function kernelHead(
  { convolution: { epilogue } }: Scheme,
  ...body: readonly (string | false | undefined)[]
): string {
  const extras = extrasOf(epilogue).map(({ name }, i) => `*${name} = a[${i + 2}]`);
  const count = extras.length + 2;
  return block(
    'void NAME(struct pool *pool, int me, float *const *a)',
    `const float *input = a[0], *weights = a[1]${extras.map((extra) => `, ${extra}`).join('')};`,
    `float *output = a[${count}], *workspace = a[${count + 1}];`,
    ...body,
  );
}

function divideTiles(scheme: Scheme): string {
  const { convolution, plan, tiling, input, filters, steps, count, panels, target } = scheme;
  const { shared, own } = workspaceParts(scheme);
  return kernelHead(
    scheme,
    `${convolution.weights ? 'float *filters = workspace' : 'const float *filters = weights'};`,
    `float *tiles = workspace + ${shared}L + me * ${own}L, *products = tiles + ${steps.size}L;`,
    convolution.weights && transformAll(panels, input.blocks, target.lanes),
    convolution.weights && 'pool->barrier(pool);',
    block(
      takeChunks(tiling.groups, plan.groups, 'group', 'end_group'),
      'const long groups = end_group - group;',
      tileRange(tiling, 'group', 'groups'),
      `for (long b = 0; b < ${input.blocks}; b++)`,
      `  NAME_read_input(input + b * ${input.block}L, tiles + b * ${steps.block}L, first, count);`,
      block(
        `for (long panel = 0; panel < ${count}; panel++)`,
        multiply(scheme, 'groups', 'tiles', `filters + panel * ${filters}L`, `${input.blocks}`, '1'),
        write(scheme),
      ),
    ),
  );
}

function divideOutputs(scheme: Scheme): string {
  const { convolution, plan, tiling, input, filters, steps, count } = scheme;
  const { shared, own } = workspaceParts(scheme);
  return kernelHead(
    scheme,
    'float *tiles = workspace;',
    convolution.weights
      ? `float *filters = workspace + ${shared}L + me * ${own}L, *products = filters + ${filters}L;`
      : `float *products = workspace + ${shared}L + me * ${own}L;`,
    `CHUNK(${input.blocks * tiling.groups}L, first_part, end_part);`,
    block(
      'for (long i = first_part; i < end_part; i++)',
      `const long b = i / ${tiling.groups}, group = i % ${tiling.groups};`,
      tileRange(tiling, 'group', '1'),
      `NAME_read_input(input + b * ${input.block}L, tiles + group * ${steps.group}L + b * ${steps.block}L, first, count);`,
    ),
    'pool->barrier(pool);',
    `const long first = 0, count = ${tiling.tiles};`,
    block(
      takeChunks(count, 1, 'panel', 'end_panel'),
      convolution.weights
        ? block(
            `for (long b = 0; b < ${input.blocks}; b += ${plan.inputs})`,
            `const long blocks = ${input.blocks} - b < ${plan.inputs} ? ${input.blocks} - b : ${plan.inputs};`,
            'NAME_transform_filters(weights, filters, panel, b, blocks);',
            multiply(
              scheme,
              `${tiling.groups}`,
              `tiles + b * ${steps.block}L`,
              'filters',
              'blocks',
              'b == 0',
            ),
          )
        : multiply(
            scheme,
            `${tiling.groups}`,
            'tiles',
            `weights + panel * ${filters}L`,
            `${input.blocks}`,
            '1',
          ),
      write(scheme),
    ),
  );
}

function multiply(
  { tiling, panels, products, steps }: Scheme,
  groups: string,
  tiles: string,
  filters: string,
  blocks: string,
  begin: string,
): string {
  return lines(
    `for (long k = 0; k < ${tiling.planes}; k++)`,
    `  for (long g = 0; g < ${groups}; g++)`,
    `    NAME_multiply(${tiles} + g * ${steps.group}L + k * ${steps.plane}, ${filters} + k * ${panels.plane}L,`,
    `      products + g * ${products.group}L + k * ${products.plane}, ${blocks}, ${begin});`,
  );
}

/** Writes the products of one panel. */
function write({ convolution: { epilogue }, panels, output }: Scheme): string {
  const extras = extrasOf(epilogue).map(({ name, image }) =>
    image ? `${name} + o * ${image.block}L` : `${name} + o * LANES`,
  );
  return block(
    `for (long v = 0; v < ${panels.panel}; v++)`,
    `const long o = panel * ${panels.panel} + v;`,
    panels.blocks % panels.panel !== 0 && `if (o == ${panels.blocks}) break;`,
    `NAME_write(${['products + v * LANES', `output + o * ${output.block}L`, ...extras, 'first', 'count'].join(', ')});`,
  );
}
