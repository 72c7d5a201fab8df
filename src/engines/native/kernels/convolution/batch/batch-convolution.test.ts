// Tests of convolutions with images in the lanes, for as many images as fill the widest vectors.
import { describe, expect, test } from 'vitest';
import {
  type Agreement,
  activations,
  checkAgreement,
  checkRepeatability,
  formulaValues,
} from '../../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../../test/native.ts';
import { add } from '../../../../../expressions/builders.ts';
import { operand } from '../../../../../expressions/expression.ts';
import { compose } from '../../../../../expressions/simplify.ts';
import { Conv, type ConvAttributes, ConvGradInput, ConvGradWeight } from '../../../../../ops/conv.ts';
import { randomTensor, run } from '../../../../../ops/run.ts';
import { defaultWindow } from '../../../../../ops/window.ts';
import type { Shape } from '../../../../../tensor/shape.ts';
import type { KernelRule } from '../../../compiler/kernel.ts';
import { batch } from '../../../compiler/layout.ts';
import { convGradInputRule, convGradWeightRule, convRule } from '../index.ts';

interface Sizes {
  readonly x: Shape;
  readonly weight: Shape;
  readonly window?: Partial<ConvAttributes>;
}

/** With one channel on a side, so that images are in the lanes of every width. */
const sizes: readonly Sizes[] = [
  { x: [16, 1, 9, 8], weight: [1, 1, 3, 3] },
  { x: [32, 1, 12, 11], weight: [1, 1, 5, 5] },
  { x: [16, 1, 7, 20], weight: [37, 1, 3, 2], window: { pads: [1, 1, 0, 2] } },
  { x: [16, 37, 5, 6], weight: [1, 37, 3, 3], window: { pads: [1, 1, 1, 1] } },
  { x: [16, 20, 4, 4], weight: [1, 20, 1, 1] },
  { x: [16, 1, 13, 14], weight: [1, 1, 4, 3], window: { strides: [2, 3], pads: [1, 0, 2, 1] } },
  { x: [16, 1, 12, 33], weight: [1, 1, 3, 5], window: { dilations: [3, 2], pads: [2, 4, 2, 4] } },
  { x: [16, 1, 2, 2], weight: [1, 1, 3, 3], window: { pads: [4, 4, 4, 4] } },
  { x: [16, 1, 40, 3], weight: [6, 1, 7, 2], window: { strides: [5, 1] } },
];

const asBatch = { layouts: [batch, batch, batch] };

/** Fails unless the rule takes images in the lanes on machines of every width. */
function inLanes<A extends object>(rule: KernelRule<A>): KernelRule<A> {
  return {
    ...rule,
    layouts(request) {
      const layouts = rule.layouts(request);
      expect([...layouts.inputs, ...layouts.outputs]).toContain(batch);
      return layouts;
    },
  };
}

function casesOf({ x, weight, window }: Sizes): Agreement[] {
  const attributes: ConvAttributes = { ...defaultWindow, group: 1, ...window };
  const [images, weights, bias] = [
    randomTensor(x, 'x'),
    randomTensor(weight, 'w'),
    randomTensor([weight[0]], 'b'),
  ];
  const y = run(Conv, [images, weights, bias], attributes)[0];
  const dy = randomTensor(y.shape, 'dy');
  const ofInput = { ...attributes, inputShape: x };
  const ofWeight = { ...attributes, weightShape: weight };
  const unfused = { bias: true, affine: false, residual: false };
  const rules = [inLanes(convRule), inLanes(convGradInputRule), inLanes(convGradWeightRule)] as KernelRule[];
  const made = (
    name: string,
    i: number,
    kernel: Omit<Agreement['kernel'], 'rule' | 'layouts' | 'outputs'>,
    expected: Agreement['expected'],
  ) => ({
    name: `${name} ${x} by ${weight} ${JSON.stringify(window ?? {})}`,
    kernel: { rule: rules[i], outputs: expected, ...kernel, ...asBatch },
    expected,
  });
  return [
    made('forward', 0, { attributes: { ...attributes, ...unfused }, inputs: [images, weights, bias] }, [y]),
    made(
      'of the input',
      1,
      { attributes: { ...ofInput, addend: false }, inputs: [dy, weights] },
      run(ConvGradInput, [dy, weights], ofInput),
    ),
    made(
      'of the weights',
      2,
      { attributes: ofWeight, inputs: [images, dy] },
      run(ConvGradWeight, [images, dy], ofWeight),
    ),
  ];
}

describe('convolutions with images in the lanes', () => {
  const cases = sizes.flatMap(casesOf);

  nativeTest('all three directions', async () => {
    await checkAgreement(cases);
  });

  nativeTest('repeat to the bit', async () => {
    await checkRepeatability(cases);
  });

  nativeTest('finish with a residual and an activation', async () => {
    const attributes: ConvAttributes = { ...defaultWindow, group: 1, pads: [1, 1, 1, 1] };
    const [x, weight] = [randomTensor([16, 1, 6, 7], 'x'), randomTensor([2, 1, 3, 3], 'w')];
    const sum = run(Conv, [x, weight], attributes)[0];
    const residual = randomTensor(sum.shape, 'residual');
    const addition = add(operand(0), operand(1));
    const fused = { bias: false, affine: false, residual: true };
    const ofInput = { ...attributes, inputShape: x.shape };
    const addend = randomTensor(x.shape, 'addend');
    const gradient = run(ConvGradInput, [residual, weight], ofInput)[0];
    const forward = Object.entries(activations).map(([name, activation]): Agreement => {
      const epilogue = compose(activation, [addition]);
      const expected = formulaValues([epilogue], [sum, residual]);
      return {
        name,
        kernel: {
          rule: inLanes(convRule) as KernelRule,
          attributes: { ...attributes, ...fused, epilogue },
          inputs: [x, weight, residual],
          outputs: expected,
          ...asBatch,
        },
        expected,
      };
    });
    await checkAgreement([
      ...forward,
      {
        name: 'of the input',
        kernel: {
          rule: inLanes(convGradInputRule) as KernelRule,
          attributes: { ...ofInput, addend: true },
          inputs: [residual, weight, addend],
          outputs: [x],
          ...asBatch,
        },
        expected: formulaValues([addition], [gradient, addend]),
      },
    ]);
  });

  test('are for few channels, and for images that fill the lanes', () => {
    const target = { lanes: 16, registers: 32, threads: 2 } as const;
    const first = (x: Shape, weight: Shape) => {
      const attributes = { ...defaultWindow, group: 1, bias: false, affine: false, residual: false };
      const inputs = [x, weight].map((shape) => ({ shape, layout: batch }));
      return convRule.layouts({ attributes, inputs, outputs: [{ shape: [x[0], weight[0], 1, 1] }], target })
        .outputs[0].kind;
    };
    expect(first([16, 6, 9, 9], [16, 6, 5, 5])).toBe('batch');
    expect(first([16, 16, 9, 9], [16, 16, 5, 5])).toBe('image');
    expect(first([20, 6, 9, 9], [16, 6, 5, 5])).toBe('image');
  });
});
