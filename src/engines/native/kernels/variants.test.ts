// Every way of computing a convolution that tuning may choose, against the operators' own computation.
import { expect, test } from 'vitest';
import {
  type KernelCase,
  prepare,
  relativeError,
  runKernels,
  widestTarget,
} from '../../../../test/kernels.ts';
import { nativeTest } from '../../../../test/native.ts';
import { floatType } from '../../../ops/check.ts';
import { Conv, ConvGradInput, ConvGradWeight } from '../../../ops/conv.ts';
import { randomTensor, run } from '../../../ops/run.ts';
import { defaultWindow } from '../../../ops/window.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { KernelRule, Request } from '../compiler/kernel.ts';
import { convGradInputRule, convGradWeightRule, convRule } from './convolution/index.ts';

const target = widestTarget;

/** The direct kernels stay below 1.5e-6, Winograd's below 5e-6. */
const BOUND = 1e-5;

interface Shapes {
  readonly x: Shape;
  readonly weight: Shape;
  readonly stride?: number;
}

const shapes: readonly Shapes[] = [
  { x: [4, 40, 9, 9], weight: [17, 40, 3, 3] },
  { x: [4, 6, 14, 14], weight: [16, 6, 5, 5] },
  { x: [2, 40, 11, 10], weight: [33, 40, 3, 3], stride: 2 },
  { x: [4, 64, 6, 6], weight: [32, 64, 1, 1] },
];

interface Expecting extends KernelCase {
  readonly expected: Tensor;
}

function casesOf({ x, weight, stride = 1 }: Shapes): Expecting[] {
  const pad = Math.floor(weight[2] / 2);
  const window = {
    ...defaultWindow,
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    group: 1,
  } as const;
  const y = Conv.infer([floatType(x), floatType(weight)], window)[0].shape;
  const [image, filter, gradient] = [
    randomTensor(x, 'x'),
    randomTensor(weight, 'weight'),
    randomTensor(y, 'dy'),
  ];
  const forward = { ...window, bias: false, affine: false, residual: false };
  const back = { ...window, inputShape: x };
  const sums = { ...window, weightShape: weight };
  const [value, dx, dw] = [
    run(Conv, [image, filter], window)[0],
    run(ConvGradInput, [gradient, filter], back)[0],
    run(ConvGradWeight, [image, gradient], sums)[0],
  ];
  return [
    { rule: convRule, attributes: forward, inputs: [image, filter], outputs: [value], expected: value },
    {
      rule: convGradInputRule,
      attributes: { ...back, addend: false },
      inputs: [gradient, filter],
      outputs: [dx],
      expected: dx,
    },
    { rule: convGradWeightRule, attributes: sums, inputs: [image, gradient], outputs: [dw], expected: dw },
  ] as unknown as Expecting[];
}

/** The case once for each variant, with the variant's method. */
function variantsOf(testCase: Expecting): (Expecting & { readonly method: string })[] {
  let methods: string[] = [];
  const listing: KernelRule = {
    ...testCase.rule,
    kernel(request) {
      methods = testCase.rule.variants!(request).map(({ method }) => method);
      return testCase.rule.kernel(request);
    },
  };
  prepare({ ...testCase, rule: listing }, target);
  return methods.map((method, i) => ({
    ...testCase,
    method,
    rule: {
      ...testCase.rule,
      kernel: (request: Request<object>) => testCase.rule.variants!(request)[i].make(),
    },
  }));
}

nativeTest.each(shapes)('every variant of $weight over $x agrees with the operator', async (shape) => {
  const cases = casesOf(shape).flatMap(variantsOf);
  const results = await runKernels(cases, target);
  const errors = cases.map(({ expected, method }, i) => ({
    method,
    error: relativeError(results[i][0], expected),
  }));
  expect(cases.length).toBeGreaterThan(20);
  expect(errors.filter(({ error }) => !(error < BOUND))).toEqual([]);
});

test('a kernel says by which method it computes, and a variant makes that kernel', () => {
  for (const { rule, method, ...rest } of casesOf(shapes[0]).flatMap(variantsOf))
    expect(prepare({ ...rest, rule }, target).kernel.method).toBe(method);
});
