// Convolutions of 3 x 3 with stride 1 by Winograd's minimal filtering, where that is faster than summing products. All
// three take the operands and layouts of the direct kernels; the forward pass takes transformed weights, too.
import { last } from '../../../../../base/lookup.ts';
import type { ConvAttributes } from '../../../../../ops/conv.ts';
import type { Pads } from '../../../../../ops/window.ts';
import type { FusedAttributes } from '../../../compiler/instruction.ts';
import type { Kernel, Operand, Request, Target, Variant } from '../../../compiler/kernel.ts';
import { type ImageGeometry, imageGeometry } from '../../../compiler/layout.ts';
import { needsClearing } from '../../lanes.ts';
import { convolutionKernel } from './convolution.ts';
import { filterGradientKernel } from './filter-gradient.ts';
import { type Weights, weightsOf } from './filters.ts';
import {
  chooseFilterGradientPlan,
  choosePlan,
  type FilterGradientPlan,
  filterGradientPlans,
  isMinimal,
  methodOf,
  type Plan,
  planFor,
  plans,
  type Shapes,
} from './plan.ts';

/** The halo that Winograd's forward pass wants around its input. */
export const winogradHalo = ({ pads }: Pick<ConvAttributes, 'pads'>): Pads => pads;

/** The halo that Winograd's gradient with respect to the input wants around the gradient of the output. */
export const winogradGradientHalo = ({ pads }: Pick<ConvAttributes, 'pads'>): Pads =>
  pads.map((pad) => 2 - pad) as unknown as Pads;

/** The kernel of a fused `Conv`, or nothing if another one is better. */
export function winogradConv(
  request: Request<FusedAttributes['Conv']>,
  choose = choosePlan,
): Kernel | undefined {
  const { layout } = request.inputs[1];
  const planOf = (shapes: Shapes) =>
    layout.kind === 'winograd' ? planFor(layout.size, shapes) : choose(shapes);
  return chosen(minimalConv(request), planOf);
}

export function winogradConvVariants(request: Request<FusedAttributes['Conv']>): Variant[] {
  const { layout } = request.inputs[1];
  const sizes = (shapes: Shapes) =>
    plans(shapes).filter(({ size }) => layout.kind !== 'winograd' || layout.size === size);
  return variantsOf(minimalConv(request), sizes);
}

/** The kernel of a fused `ConvGradInput`, or nothing if another one is better. */
export function winogradConvGradInput(
  request: Request<FusedAttributes['ConvGradInput']>,
  choose = choosePlan,
): Kernel | undefined {
  return chosen(minimalConvGradInput(request), choose);
}

export function winogradConvGradInputVariants(request: Request<FusedAttributes['ConvGradInput']>): Variant[] {
  return variantsOf(minimalConvGradInput(request), plans);
}

/** The kernel of `ConvGradWeight`, or nothing if another one is better. */
export function winogradConvGradWeight(
  request: Request<ConvAttributes>,
  choose = chooseFilterGradientPlan,
): Kernel | undefined {
  return chosen(minimalConvGradWeight(request), choose);
}

export function winogradConvGradWeightVariants(request: Request<ConvAttributes>): Variant[] {
  return variantsOf(minimalConvGradWeight(request), filterGradientPlans);
}

/** A request that minimal filtering can do, and its kernel by plan. */
interface Minimal<P> {
  readonly shapes: Shapes;
  readonly kernel: (plan: P) => Kernel;
}

function chosen<P>(
  minimal: Minimal<P> | undefined,
  choose: (shapes: Shapes) => P | undefined,
): Kernel | undefined {
  const plan = minimal && choose(minimal.shapes);
  return plan && minimal.kernel(plan);
}

function variantsOf<P extends Plan | FilterGradientPlan>(
  minimal: Minimal<P> | undefined,
  plansFor: (shapes: Shapes) => readonly P[],
): Variant[] {
  if (!minimal) return [];
  return plansFor(minimal.shapes).map((plan) => ({
    method: methodOf(plan),
    make: () => minimal.kernel(plan),
  }));
}

function minimalConv(request: Request<FusedAttributes['Conv']>): Minimal<Plan> | undefined {
  const { attributes, inputs, outputs, target } = request;
  const [input, weight] = inputs as readonly [Operand, Operand];
  const output = outputs[0];
  const applies = isMinimal(attributes, weight.shape) && hasHalo(input, winogradHalo(attributes));
  // Lanes beyond the channels would need clearing.
  if (!applies || needsClearing(attributes.epilogue, output.shape[1], target)) return undefined;
  const { bias, affine, residual, epilogue: formula, pads } = attributes;
  const padStart = [pads[0], pads[1]] as const;
  const extra = residual ? { residual: geometryOf(last(inputs), target) } : {};
  const epilogue = { bias, affine, ...extra, ...(formula && { formula }) };
  const weights = weightsIn(weight, target.lanes);
  const convolution = { input, output, weights, flipped: false, padStart, epilogue };
  return {
    shapes: { input: input.shape, output: output.shape, padStart, target, transformed: !weights },
    kernel: (plan) => convolutionKernel(convolution, plan, target),
  };
}

function minimalConvGradInput(request: Request<FusedAttributes['ConvGradInput']>): Minimal<Plan> | undefined {
  const { attributes, inputs, outputs, target } = request;
  const [input, weight, addend] = inputs as readonly [Operand, Operand, Operand?];
  const output = outputs[0];
  const halo = winogradGradientHalo(attributes);
  const weights = weightsIn(weight, target.lanes);
  if (!weights || !isMinimal(attributes, weight.shape) || !hasHalo(input, halo)) return undefined;
  const padStart = [halo[0], halo[1]] as const;
  const epilogue = addend ? { addend: geometryOf(addend, target) } : {};
  const convolution = { input, output, weights, flipped: true, padStart, epilogue };
  return {
    shapes: { input: input.shape, output: output.shape, padStart, target },
    kernel: (plan) => convolutionKernel(convolution, plan, target),
  };
}

function minimalConvGradWeight(request: Request<ConvAttributes>): Minimal<FilterGradientPlan> | undefined {
  const { attributes, inputs, outputs, target } = request;
  const [input, gradient] = inputs as readonly [Operand, Operand];
  const weight = outputs[0];
  const applies = isMinimal(attributes, weight.shape) && hasHalo(input, winogradHalo(attributes));
  const weights = weightsIn(weight, target.lanes);
  if (!weights || !applies || gradient.layout.kind !== 'image') return undefined;
  const padStart = [attributes.pads[0], attributes.pads[1]] as const;
  return {
    shapes: { input: input.shape, output: gradient.shape, padStart, target },
    kernel: (plan) => filterGradientKernel({ input, gradient, weights, padStart }, plan, target),
  };
}

/** Whether windows that begin in the padding begin in memory. */
function hasHalo({ layout }: Operand, wanted: Pads): boolean {
  return layout.kind === 'image' && wanted.every((pad, side) => layout.halo[side] >= pad);
}

/** How weights in `filter` layout lie; undefined if they are transformed. */
function weightsIn({ shape, layout }: Operand, lanes: number): Weights | undefined {
  return layout.kind === 'filter' ? weightsOf(shape[1], layout.vectors, lanes) : undefined;
}

const geometryOf = ({ shape, layout }: Operand, { lanes }: Target): ImageGeometry =>
  imageGeometry(shape, layout, lanes);
