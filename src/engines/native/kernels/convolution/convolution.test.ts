// Every convolution kernel against the operator's own computation, on odd shapes and all vector widths.
import { describe, expect, test } from 'vitest';
import { activations, formulaValues } from '../../../../../test/kernel-agreement.ts';
import {
  type KernelCase,
  relativeError,
  runKernels,
  testTargets,
  widestTarget,
} from '../../../../../test/kernels.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { add, multiply, sigmoid } from '../../../../expressions/builders.ts';
import { type Expression, operand } from '../../../../expressions/expression.ts';
import { compose } from '../../../../expressions/simplify.ts';
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
import { floatTensor, type Tensor } from '../../../../tensor/tensor.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import type { Target } from '../../compiler/kernel.ts';
import { noHalo } from '../../compiler/layout.ts';
import { convGradInputRule, convGradWeightRule, convRule, filterLayout } from './index.ts';

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
  { x: [4, 20, 7, 8], weight: [40, 20, 1, 1], attributes: { strides: [2, 3] } },
  { x: [2, 160, 6, 6], weight: [17, 160, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [1, 5, 1, 1], weight: [7, 5, 1, 1], attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  { x: [1, 4, 30, 31], weight: [8, 4, 11, 11], attributes: { strides: [4, 4], pads: [2, 2, 2, 2] } },
  { x: [2, 16, 30, 29], weight: [32, 16, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [2, 300, 28, 28], weight: [20, 300, 1, 1] },
  { x: [8, 20, 14, 14], weight: [130, 20, 1, 1] },
  { x: [2, 10, 6, 5], weight: [150, 10, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  { x: [1, 3, 30, 30], weight: [100, 3, 3, 3], attributes: { strides: [2, 2] } },
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

const title = ({ inputs, attributes }: KernelCase): string =>
  `${inputs.map(({ shape }) => JSON.stringify(shape)).join(' ')} ${JSON.stringify(attributes)}`;

const unfused = { bias: false, affine: false, residual: false } as const;

interface Expecting {
  readonly expected: Tensor;
}

function forwardCase({ x, weight, attributes }: Shapes): KernelCase<FusedAttributes['Conv']> & Expecting {
  const inputs = [randomTensor(x, 'x'), weightTensor(weight)];
  const [expected] = run(Conv, inputs, full(attributes)) as [Tensor];
  const fused = { ...full(attributes), ...unfused };
  return { rule: convRule, attributes: fused, inputs, outputs: [expected], expected };
}

/** Of a size that outputs are about 1. */
function weightTensor(shape: Shape): Tensor {
  const size = 1 / Math.sqrt(shape[1] * shape[2] * shape[3]);
  return floatTensor(
    shape,
    randomTensor(shape, 'weight').data.map((value) => value * size),
  );
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
  return Conv.infer([floatType(x), floatType(weight)], full(attributes))[0].shape;
}

async function check<A extends object>(
  cases: readonly (KernelCase<A> & Expecting)[],
  target: Target,
): Promise<void> {
  const results = await runKernels(cases, target);
  const errors = cases.map(({ expected }, i) => relativeError(results[i][0], expected));
  const wrong = errors.flatMap((error, i) => (error < 1e-5 ? [] : [`${title(cases[i])}: ${error}`]));
  expect(wrong).toEqual([]);
}

/** What fused convolutions compute, from the plain one's result. */
function finished(
  y: Tensor,
  { bias, scale, shift, residual }: Partial<Record<string, Tensor>>,
  epilogue: Expression = operand(0),
): Tensor {
  const [, outputs, height, width] = y.shape as readonly [number, number, number, number];
  const data = Float32Array.from(y.data, (value, at) => {
    const k = Math.floor(at / (height * width)) % outputs;
    const sum = value + (bias?.data[k] ?? 0);
    return scale && shift ? sum * scale.data[k] + shift.data[k] : sum;
  });
  const value = floatTensor(y.shape, data);
  return formulaValues([epilogue], residual ? [value, residual] : [value])[0];
}

interface Fusion {
  readonly bias?: boolean;
  readonly affine?: boolean;
  readonly residual?: boolean;
  readonly epilogue?: Expression;
  readonly inPlace?: boolean;
}

const addition = add(operand(0), operand(1));

const fusions: readonly Fusion[] = [
  { bias: true },
  { bias: true, residual: true, epilogue: compose(activations.relu, [addition]) },
  { residual: true, epilogue: compose(activations.relu6, [addition]), inPlace: true },
  { bias: true, residual: true, epilogue: addition, inPlace: true },
  { bias: true, affine: true, residual: true, epilogue: compose(activations.relu, [addition]) },
  { residual: true, epilogue: multiply(operand(1), sigmoid(operand(0))) },
  ...Object.values(activations).map((epilogue, i) =>
    i % 2 === 0 ? { affine: true, epilogue } : { bias: true, epilogue },
  ),
];

function fusedCase(shape: Shapes, fusion: Fusion): KernelCase<FusedAttributes['Conv']> & Expecting {
  const { bias = false, affine = false, residual = false, epilogue, inPlace } = fusion;
  const plainCase = forwardCase(shape);
  const outputs = shape.weight[0];
  const extras = {
    ...(bias ? { bias: randomTensor([outputs], 'bias') } : {}),
    ...(affine ? { scale: randomTensor([outputs], 'scale'), shift: randomTensor([outputs], 'shift') } : {}),
    ...(residual ? { residual: randomTensor(plainCase.expected.shape, 'residual') } : {}),
  };
  const inputs = [...plainCase.inputs, ...Object.values(extras)];
  return {
    ...plainCase,
    attributes: { ...full(shape.attributes), bias, affine, residual, ...(epilogue && { epilogue }) },
    inputs,
    expected: finished(plainCase.expected, extras, epilogue),
    extraHalo: 1,
    ...(inPlace ? { inPlace: [[inputs.length - 1, 0]] } : {}),
  };
}

/** Several passes over channels, a last block of odd channels, one block, depthwise, and more than one phase back. */
const few = shapes.filter((_, i) => [3, 9, 14, 18].includes(i));

describe.each(testTargets)('with $lanes lanes', (target) => {
  nativeTest('convolutions agree with the operator', async () => {
    await check(shapes.map(forwardCase), target);
  });

  nativeTest('input gradients agree with the operator', async () => {
    await check(shapes.map(gradInputCase), target);
  });

  nativeTest('weight gradients agree with the operator', async () => {
    await check(shapes.map(gradWeightCase), target);
  });
});

describe('with one vector width', () => {
  const target = widestTarget;

  nativeTest.each(fusions)('a convolution followed by %o does both', async (fusion) => {
    await check(
      few.map((shape) => fusedCase(shape, fusion)),
      target,
    );
  });

  nativeTest('input gradients are added to another gradient, which may lie where they go', async () => {
    const cases = few.flatMap((shape) =>
      [true, false].map((inPlace) => {
        const { expected, inputs, attributes, ...rest } = gradInputCase(shape);
        const addend = randomTensor(expected.shape, 'addend');
        return {
          ...rest,
          attributes: { ...attributes, addend: true },
          inputs: [...inputs, addend],
          expected: finished(expected, { residual: addend }, addition),
          ...(inPlace ? { inPlace: [[2, 0]] as const } : {}),
        };
      }),
    );
    await check(cases, target);
  });

  nativeTest('few channels are read from blocks, too', async () => {
    const image = { kind: 'image', halo: noHalo } as const;
    const first = shapes.filter(({ x, weight }) => x[1] <= 4 && x[1] === weight[1]);
    await check(
      first.map((shape) => ({ ...forwardCase(shape), layouts: [image] })),
      target,
    );
    await check(
      first.map((shape) => ({ ...gradWeightCase(shape), layouts: [image] })),
      target,
    );
  });

  nativeTest('results repeat to the bit, whatever the number of threads is', async () => {
    for (const threads of [1, 2, 3]) {
      const threaded = { ...target, threads };
      const forward = few.slice(2).map((shape) => forwardCase(shape));
      const backward = few.slice(2).map((shape) => gradWeightCase(shape));
      for (const cases of [forward, backward]) {
        const once = await runKernels<object>(cases, threaded);
        expect(await runKernels<object>(cases, threaded)).toEqual(once);
      }
    }
  });
});

test('inputs whose memory the output may take are those that sums start from', () => {
  const fused = {
    bias: true,
    affine: false,
    residual: true,
    epilogue: compose(activations.relu, [addition]),
  };
  const attributes = { ...full(), ...fused };
  expect(convRule.inPlace!(attributes)).toEqual([[3, 0]]);
  expect(convRule.inPlace!({ ...attributes, affine: true })).toEqual([]);
  const product = multiply(operand(0), operand(1));
  expect(convRule.inPlace!({ ...attributes, epilogue: product })).toEqual([]);
  expect(convGradInputRule.inPlace!({ ...full(), inputShape: [1, 1, 1, 1], addend: true })).toEqual([[2, 0]]);
});

test('the layout of weights follows from their shape and the groups', () => {
  expect(filterLayout([64, 32, 3, 3], 1, 16)).toEqual({ kind: 'filter', vectors: 2 });
  expect(filterLayout([16, 32, 3, 3], 1, 16)).toEqual({ kind: 'filter', vectors: 1 });
  expect(filterLayout([64, 32, 3, 3], 2, 16)).toEqual({ kind: 'filter', vectors: 2 });
  expect(filterLayout([48, 16, 3, 3], 3, 16)).toEqual({ kind: 'filter', vectors: 1 });
  expect(filterLayout([64, 4, 3, 3], 16, 16)).toEqual({ kind: 'plain' });
  expect(filterLayout([64, 1, 3, 3], 64, 16)).toEqual({ kind: 'depthwise' });
});
