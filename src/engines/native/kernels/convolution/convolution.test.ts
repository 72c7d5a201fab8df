// Every convolution kernel against the operator's own computation, on odd shapes and all vector widths.
import { describe, expect, test } from 'vitest';
import { floatType } from '../../../../ops/check.ts';
import {
  Conv,
  type ConvAttributes,
  ConvGradInput,
  ConvGradWeight,
  type ConvGradWeightAttributes,
} from '../../../../ops/conv.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import { defaultWindow } from '../../../../ops/window.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import type { Tensor } from '../../../../tensor/tensor.ts';
import type { FusedAttributes } from '../../instruction.ts';
import type { Target } from '../../kernel.ts';
import { type KernelCase, relativeError, runKernels, testTargets } from '../testing.ts';
import { convGradInputRule, convGradWeightRule, convRule } from './index.ts';

interface Shapes {
  readonly x: Shape;
  readonly weight: Shape;
  readonly attributes?: Partial<ConvAttributes>;
}

const shapes: readonly Shapes[] = [
  { x: [1, 1, 1, 1], weight: [1, 1, 1, 1] },
  { x: [2, 17, 5, 6], weight: [40, 17, 1, 1] },
  { x: [3, 40, 7, 7], weight: [17, 40, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [2, 3, 11, 9], weight: [33, 3, 7, 7], attributes: { strides: [2, 2], pads: [3, 3, 3, 3] } },
  { x: [1, 1, 12, 13], weight: [6, 1, 5, 5] },
  { x: [2, 16, 9, 10], weight: [32, 16, 3, 2], attributes: { strides: [2, 3], pads: [0, 1, 2, 1] } },
  { x: [1, 20, 15, 15], weight: [48, 20, 3, 3], attributes: { dilations: [2, 3], pads: [2, 3, 2, 3] } },
  { x: [5, 33, 1, 1], weight: [50, 33, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [1, 32, 4, 4], weight: [16, 32, 1, 1], attributes: { strides: [3, 2] } },
  { x: [2, 160, 6, 6], weight: [17, 160, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [1, 5, 1, 1], weight: [7, 5, 1, 1], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  { x: [1, 4, 30, 31], weight: [8, 4, 11, 11], attributes: { strides: [4, 4], pads: [2, 2, 2, 2] } },
  { x: [2, 16, 30, 29], weight: [32, 16, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [2, 300, 28, 28], weight: [20, 300, 1, 1] },
  { x: [2, 64, 5, 5], weight: [96, 32, 3, 3], attributes: { group: 2, pads: [1, 1, 1, 1] } },
  { x: [2, 12, 5, 5], weight: [18, 4, 3, 3], attributes: { group: 3, pads: [1, 1, 1, 1] } },
  { x: [1, 64, 6, 5], weight: [64, 8, 3, 3], attributes: { group: 8, strides: [2, 2], pads: [1, 1, 1, 1] } },
  { x: [1, 6, 5, 5], weight: [12, 1, 3, 3], attributes: { group: 6 } },
  { x: [2, 37, 9, 8], weight: [37, 1, 3, 3], attributes: { group: 37, pads: [1, 1, 1, 1] } },
  { x: [2, 32, 9, 8], weight: [32, 1, 3, 3], attributes: { group: 32, strides: [2, 2], pads: [0, 1, 1, 0] } },
  { x: [1, 5, 8, 9], weight: [5, 1, 5, 3], attributes: { group: 5, dilations: [1, 2], pads: [2, 0, 2, 1] } },
];

const full = (attributes: Partial<ConvAttributes> = {}): ConvAttributes => ({
  ...defaultWindow,
  group: 1,
  ...attributes,
});

const title = ({ x, weight, attributes = {} }: Shapes): string =>
  `${JSON.stringify(x)} * ${JSON.stringify(weight)} ${JSON.stringify(attributes)}`;

const unfused = { bias: false, affine: false, residual: false } as const;

interface Expecting {
  readonly expected: Tensor;
}

function forwardCase({ x, weight, attributes }: Shapes): KernelCase<FusedAttributes['Conv']> & Expecting {
  const inputs = [randomTensor(x, 'x'), randomTensor(weight, 'weight')];
  const [expected] = run(Conv, inputs, full(attributes)) as [Tensor];
  const fused = { ...full(attributes), ...unfused };
  return { rule: convRule, attributes: fused, inputs, outputs: [expected], expected };
}

function gradInputCase(shape: Shapes): KernelCase<FusedAttributes['ConvGradInput']> & Expecting {
  const { x, weight } = shape;
  const attributes = { ...full(shape.attributes), inputShape: x };
  const inputs = [randomTensor(outputShape(shape), 'dy'), randomTensor(weight, 'weight')];
  const [expected] = run(ConvGradInput, inputs, attributes) as [Tensor];
  const fused = { ...attributes, addend: false };
  return { rule: convGradInputRule, attributes: fused, inputs, outputs: [expected], expected };
}

function gradWeightCase(shape: Shapes): KernelCase<ConvGradWeightAttributes> & Expecting {
  const { x, weight } = shape;
  const attributes = { ...full(shape.attributes), weightShape: weight };
  const inputs = [randomTensor(x, 'x'), randomTensor(outputShape(shape), 'dy')];
  const [expected] = run(ConvGradWeight, inputs, attributes) as [Tensor];
  return { rule: convGradWeightRule, attributes, inputs, outputs: [expected], expected };
}

function outputShape({ x, weight, attributes }: Shapes): Shape {
  return Conv.infer([floatType(x), floatType(weight)], full(attributes))[0]!.shape;
}

function check<A extends object>(cases: readonly (KernelCase<A> & Expecting)[], target: Target): void {
  const results = runKernels(cases, target);
  const errors = cases.map(({ expected }, i) => relativeError(results[i]![0]!, expected));
  const wrong = errors.flatMap((error, i) => (error < 1e-5 ? [] : [`${title(shapes[i]!)}: ${error}`]));
  expect(wrong).toEqual([]);
}

describe.each(testTargets)('with $target.lanes lanes', ({ target }) => {
  test('convolutions agree with the operator', () => {
    check(shapes.map(forwardCase), target);
  });

  test('input gradients agree with the operator', () => {
    check(shapes.map(gradInputCase), target);
  });

  test('weight gradients agree with the operator', () => {
    check(shapes.map(gradWeightCase), target);
  });
});
