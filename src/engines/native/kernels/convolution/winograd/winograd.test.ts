// Winograd's kernels against the operators' own computation, on shapes with cut-off tiles and all vector widths.
import { describe, expect, test } from 'vitest';
import { activations, formulaValues } from '../../../../../../test/kernel-agreement.ts';
import {
  type KernelCase,
  prepare,
  relativeError,
  runKernels,
  testTargets,
  widestTarget,
} from '../../../../../../test/kernels.ts';
import { nativeTest } from '../../../../../../test/native.ts';
import { add } from '../../../../../expressions/builders.ts';
import { operand } from '../../../../../expressions/expression.ts';
import { compose } from '../../../../../expressions/simplify.ts';
import { Conv, type ConvAttributes, ConvGradInput, ConvGradWeight } from '../../../../../ops/conv.ts';
import { randomTensor, run } from '../../../../../ops/run.ts';
import { defaultWindow, type Pads } from '../../../../../ops/window.ts';
import type { Shape } from '../../../../../tensor/shape.ts';
import { floatTensor, type Tensor } from '../../../../../tensor/tensor.ts';
import type { FusedAttributes } from '../../../compiler/instruction.ts';
import type { Kernel, KernelRule, Request, Target } from '../../../compiler/kernel.ts';
import { noHalo } from '../../../compiler/layout.ts';
import { filterLayout } from '../filter.ts';
import {
  winogradConv,
  winogradConvGradInput,
  winogradConvGradWeight,
  winogradGradientHalo,
  winogradHalo,
} from './index.ts';
import { chooseFilterGradientPlan, choosePlan, type FilterGradientPlan, type Plan } from './plan.ts';

/**
 * Largest error relative to the largest entry of the result. Up to 4.3e-6 was measured, with 512 channels; the direct
 * kernels stay below 1.5e-6.
 */
const BOUND = 1e-5;

interface Shapes {
  readonly x: Shape;
  readonly outputs: number;
  readonly pads?: Pads;
  readonly extraHalo?: number;
}

const shapes: readonly Shapes[] = [
  { x: [1, 16, 4, 4], outputs: 16 },
  { x: [3, 17, 5, 8], outputs: 40 },
  { x: [1, 40, 7, 7], outputs: 17 },
  { x: [3, 32, 9, 14], outputs: 33, extraHalo: 1 },
  { x: [1, 20, 16, 5], outputs: 96, pads: [0, 0, 0, 0] },
  { x: [3, 33, 6, 7], outputs: 16, pads: [2, 2, 2, 2] },
  { x: [2, 24, 8, 9], outputs: 24, pads: [0, 1, 2, 1] },
  { x: [2, 70, 4, 3], outputs: 80, extraHalo: 3 },
  { x: [5, 17, 2, 2], outputs: 17 },
  { x: [1, 8, 30, 13], outputs: 8 },
];

const plans: readonly Plan[] = [
  { size: 4, divide: 'tiles', groups: 2, inputs: 0 },
  { size: 4, divide: 'outputs', groups: 0, inputs: 2 },
  { size: 2, divide: 'tiles', groups: 3, inputs: 0 },
];

const gradientPlans: readonly FilterGradientPlan[] = [
  { size: 4, divide: 'tiles', groups: 2 },
  { size: 4, divide: 'outputs', groups: 0 },
  { size: 2, divide: 'outputs', groups: 0 },
];

const attributesOf = ({ pads = [1, 1, 1, 1] }: Shapes): ConvAttributes => ({
  ...defaultWindow,
  group: 1,
  pads,
});
const weightShape = ({ x, outputs }: Shapes): Shape => [outputs, x[1], 3, 3];
const outputShape = (shape: Shapes): Shape => {
  const [top, left, bottom, right] = attributesOf(shape).pads;
  const [images, , height, width] = shape.x as readonly [number, number, number, number];
  return [images, shape.outputs, height + top + bottom - 2, width + left + right - 2];
};

type Expected<A extends object> = KernelCase<A> & { readonly expected: Tensor };

/** A rule that knows nothing but Winograd. */
function rule<A extends object>(
  layouts: KernelRule<A>['layouts'],
  make: (request: Request<A>) => Kernel | undefined,
): KernelRule<A> {
  return {
    layouts,
    kernel(request) {
      const kernel = make(request);
      if (!kernel) throw new Error('Winograd refuses');
      return kernel;
    },
  };
}

type ConvFused = FusedAttributes['Conv'];

function forward(shape: Shapes, plan: Plan, fused: Partial<ConvFused> = {}): Expected<ConvFused> {
  const attributes = { ...attributesOf(shape), bias: false, affine: false, residual: false, ...fused };
  const image = { kind: 'image', halo: noHalo } as const;
  const conv = rule<ConvFused>(
    ({ inputs: [, weight, ...extras], attributes: { group, pads }, target }) => ({
      inputs: [
        { kind: 'image', halo: winogradHalo({ pads }) },
        filterLayout(weight.shape, group, target.lanes),
        ...extras.map(({ shape }) => (shape.length === 4 ? image : ({ kind: 'plain' } as const))),
      ],
      outputs: [image],
    }),
    (request) => winogradConv(request, () => plan),
  );
  const { outputs } = shape;
  const operands = [randomTensor(shape.x, 'x'), randomTensor(weightShape(shape), 'weight')];
  const extras = [
    ...(attributes.bias ? [randomTensor([outputs], 'bias')] : []),
    ...(attributes.affine ? [randomTensor([outputs], 'scale'), randomTensor([outputs], 'shift')] : []),
    ...(attributes.residual ? [randomTensor(outputShape(shape), 'residual')] : []),
  ];
  const [product] = run(Conv, operands, attributes);
  const expected = finished(product, extras, attributes);
  const { extraHalo = 0 } = shape;
  return {
    rule: conv,
    attributes,
    inputs: [...operands, ...extras],
    outputs: [expected],
    expected,
    extraHalo,
  };
}

/** What the fused operands make of a convolution. */
function finished(product: Tensor, extras: readonly Tensor[], fused: ConvFused): Tensor {
  const rest = [...extras];
  const channels = product.shape[1];
  const plane = product.shape[2] * product.shape[3];
  const bias = fused.bias ? rest.shift()! : undefined;
  const [scale, shift] = fused.affine ? [rest.shift()!, rest.shift()!] : [];
  const residual = rest.shift();
  const values = Array.from(product.data, (value, at) => {
    const c = Math.floor(at / plane) % channels;
    return (value + (bias?.data[c] ?? 0)) * (scale?.data[c] ?? 1) + (shift?.data[c] ?? 0);
  });
  const value = floatTensor(product.shape, values);
  const { epilogue } = fused;
  return epilogue ? formulaValues([epilogue], residual ? [value, residual] : [value])[0] : value;
}

type GradInputFused = FusedAttributes['ConvGradInput'];

function gradInput(shape: Shapes, plan: Plan, addend = false): Expected<GradInputFused> {
  const attributes = { ...attributesOf(shape), inputShape: shape.x, addend };
  const convGradInput = rule<GradInputFused>(
    ({ inputs: [, weight], attributes: { pads, group }, target }) => ({
      inputs: [
        { kind: 'image', halo: winogradGradientHalo({ pads }) },
        filterLayout(weight.shape, group, target.lanes),
        ...(addend ? [{ kind: 'image', halo: noHalo } as const] : []),
      ],
      outputs: [{ kind: 'image', halo: noHalo }],
    }),
    (request) => winogradConvGradInput(request, () => plan),
  );
  const inputs = [randomTensor(outputShape(shape), 'dy'), randomTensor(weightShape(shape), 'weight')];
  const extra = addend ? [randomTensor(shape.x, 'addend')] : [];
  const [dx] = run(ConvGradInput, inputs, attributes);
  const expected = floatTensor(
    shape.x,
    Array.from(dx.data, (value, at) => value + (extra[0]?.data[at] ?? 0)),
  );
  const { extraHalo = 0 } = shape;
  const inPlace = addend ? [[2, 0] as const] : [];
  return {
    rule: convGradInput,
    attributes,
    inputs: [...inputs, ...extra],
    outputs: [expected],
    expected,
    extraHalo,
    inPlace,
  };
}

type GradWeight = ConvAttributes & { readonly weightShape: Shape };

function gradWeight(shape: Shapes, plan: FilterGradientPlan): Expected<GradWeight> {
  const attributes = { ...attributesOf(shape), weightShape: weightShape(shape) };
  const convGradWeight = rule<GradWeight>(
    ({ attributes: { pads, group, weightShape }, target }) => ({
      inputs: [
        { kind: 'image', halo: winogradHalo({ pads }) },
        { kind: 'image', halo: noHalo },
      ],
      outputs: [filterLayout(weightShape, group, target.lanes)],
    }),
    (request) => winogradConvGradWeight(request, () => plan),
  );
  const inputs = [randomTensor(shape.x, 'x'), randomTensor(outputShape(shape), 'dy')];
  const [expected] = run(ConvGradWeight, inputs, attributes);
  const { extraHalo = 0 } = shape;
  return { rule: convGradWeight, attributes, inputs, outputs: [expected], expected: expected, extraHalo };
}

/** Results, and their errors beyond the bound. */
async function compare<A extends object>(cases: readonly Expected<A>[], target: Target) {
  const results = (await runKernels(cases, target)).map(([result]) => result);
  const errors = results.map((result, i) => relativeError(result, cases[i].expected));
  return { results, wrong: errors.filter((error) => !(error < BOUND)) };
}

/** Every shape with one of the plans; targets take different ones. */
function withPlans<P, C>(
  all: readonly P[],
  { threads }: Target,
  make: (shape: Shapes, plan: P, i: number) => C,
): C[] {
  return shapes.map((shape, i) => make(shape, all[(i + threads) % all.length], i));
}

describe.each(testTargets)('with $lanes lanes and $threads threads', (target) => {
  nativeTest('convolves', async () => {
    const cases = withPlans(plans, target, (shape, plan) => forward(shape, plan));
    expect((await compare(cases, target)).wrong).toEqual([]);
  });

  nativeTest('gives the gradient of the input, with and without an addend', async () => {
    const cases = withPlans(plans, target, (shape, plan, i) => gradInput(shape, plan, i % 2 === 0));
    expect((await compare(cases, target)).wrong).toEqual([]);
  });

  nativeTest('gives the gradient of weights', async () => {
    const cases = withPlans(gradientPlans, target, (shape, plan) => gradWeight(shape, plan));
    expect((await compare(cases, target)).wrong).toEqual([]);
  });

  nativeTest('finishes a convolution by bias, affine map, residual and activation', async () => {
    const sum = add(operand(0), operand(1));
    const fused: readonly Partial<ConvFused>[] = [
      { bias: true, epilogue: activations.relu },
      { bias: true, affine: true, residual: true, epilogue: compose(activations.relu6, [sum]) },
      { affine: true, epilogue: activations.gelu },
      { residual: true, epilogue: sum },
      { bias: true, residual: true, epilogue: compose(activations.silu, [sum]) },
    ];
    const cases = fused.map((attributes, i) =>
      forward(shapes[(i % (shapes.length - 1)) + 1], plans[i % plans.length], attributes),
    );
    expect((await compare(cases, target)).wrong).toEqual([]);
  });

  nativeTest('repeats to the bit', async () => {
    const shape = shapes[3];
    const [plan, gradientPlan] = [plans[target.threads % 3], gradientPlans[target.threads % 3]];
    for (const cases of [
      [forward(shape, plan), forward(shape, plan)],
      [gradWeight(shape, gradientPlan), gradWeight(shape, gradientPlan)],
    ] as readonly Expected<object>[][]) {
      const { results } = await compare(cases, target);
      expect(results[1]).toEqual(results[0]);
    }
  });
});

describe('with many channels', () => {
  const target = widestTarget;
  const shape: Shapes = { x: [2, 512, 7, 7], outputs: 40 };

  nativeTest('keeps to the same bound', async () => {
    expect((await compare([forward(shape, plans[1])], target)).wrong).toEqual([]);
    expect((await compare([gradWeight(shape, gradientPlans[1])], target)).wrong).toEqual([]);
    const flipped = { x: [2, 40, 7, 7], outputs: 512 } as const;
    expect((await compare([gradInput(flipped, plans[1])], target)).wrong).toEqual([]);
  });
});

describe('the choice', () => {
  const target = testTargets[0];
  const padStart = [1, 1] as const;
  const square = (images: number, channels: number, extent: number): Shape => [
    images,
    channels,
    extent,
    extent,
  ];

  test.each([
    { images: 8, inputs: 64, outputs: 64, extent: 56, plan: 'tiles', gradient: 'tiles' },
    { images: 8, inputs: 128, outputs: 128, extent: 28, plan: 'tiles', gradient: 'tiles' },
    { images: 8, inputs: 256, outputs: 256, extent: 14, plan: 'outputs', gradient: 'outputs' },
    { images: 8, inputs: 512, outputs: 512, extent: 7, plan: 'outputs', gradient: 'outputs' },
    { images: 64, inputs: 128, outputs: 128, extent: 4, plan: 'outputs', gradient: 'outputs' },
    { images: 64, inputs: 256, outputs: 256, extent: 2, plan: undefined, gradient: 'outputs' },
    { images: 64, inputs: 512, outputs: 512, extent: 1, plan: undefined, gradient: undefined },
    { images: 1, inputs: 512, outputs: 512, extent: 7, plan: undefined, gradient: undefined },
    { images: 4, inputs: 3, outputs: 64, extent: 224, plan: undefined, gradient: undefined },
  ])('divides $inputs to $outputs channels of $extent x $extent by $plan', (expected) => {
    const [input, output] = [
      square(expected.images, expected.inputs, expected.extent),
      square(expected.images, expected.outputs, expected.extent),
    ];
    expect(choosePlan({ input, output, padStart, target })?.divide).toBe(expected.plan);
    expect(chooseFilterGradientPlan({ input, output, padStart, target })?.divide).toBe(expected.gradient);
  });

  test('leaves other convolutions alone', () => {
    const shape = shapes[3];
    for (const attributes of [
      { strides: [2, 2] },
      { dilations: [2, 2] },
      { epilogue: activations.sigmoid },
    ] as const) {
      expect(() => prepare(forward(shape, plans[0], attributes), target)).toThrow('refuses');
    }
  });
});
