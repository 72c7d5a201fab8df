// Tests of batch normalisation kernels, alone and with what is fused into them.
import {
  type Agreement,
  agreement,
  checkAgreement,
  checkRepeatability,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Clip, ClipGrad } from '../../../../ops/activations.ts';
import { Add } from '../../../../ops/arithmetic.ts';
import {
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
} from '../../../../ops/batch-normalization.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, type Tensor } from '../../../../tensor/tensor.ts';
import type { Bounds } from '../../compiler/instruction.ts';
import type { KernelRule } from '../../compiler/kernel.ts';
import { batchNormalizationTrainingRule } from './batch-normalization.ts';
import { batchNormalizationGradRule } from './batch-normalization-grad.ts';
import { batchNormalizationRule, foldStatisticsRule } from './batch-normalization-inference.ts';

type Data = Tensor['data'];

const shapes: Shape[] = [
  [2, 3, 5, 4],
  [3, 17, 1, 1],
  [1, 40, 3, 7],
  [2, 1, 20, 20],
];

function positive(channels: number, purpose: string): Tensor {
  const { shape, data } = randomTensor([channels], purpose);
  return floatTensor(
    shape,
    data.map((value) => 0.5 + Math.abs(value)),
  );
}

function training(shape: Shape, residual: boolean, clip?: Bounds, even = false): Agreement {
  const channels = shape[1];
  const x = floatTensor(
    shape,
    randomTensor(shape, 'x').data.map((value) => value + 3),
  );
  const inputs = [
    x,
    ...['scale', 'bias', 'mean'].map((name) => randomTensor([channels], name)),
    positive(channels, 'v'),
  ];
  const attributes = { epsilon: 1e-5, momentum: 0.1 };
  const [y, ...statistics] = run(BatchNormalizationTraining, inputs, attributes) as [Tensor, ...Tensor[]];
  const shortcut = randomTensor(shape, 'residual');
  const sum = residual ? run(Add, [y, shortcut], {})[0] : y;
  const clipped = clip ? run(Clip, [sum], { min: clip[0], max: clip[1] })[0] : sum;
  return {
    name: `training ${shape}, residual ${residual}, clip ${clip}`,
    kernel: {
      rule: even ? batchNormalizationTrainingRule : uneven(batchNormalizationTrainingRule),
      attributes: { ...attributes, residual, ...(clip && { clip }) },
      inputs: residual ? [...inputs, shortcut] : inputs,
      outputs: [y, ...statistics],
      layouts: [image, undefined, undefined, undefined, undefined, image],
    },
    expected: [clipped, ...statistics],
  };
}

function gradient(shape: Shape, passOn: boolean, clip?: Bounds, even = false): Agreement {
  const channels = shape[1];
  const [dy, x, y] = ['dy', 'x', 'y'].map((name) => randomTensor(shape, name)) as [Tensor, Tensor, Tensor];
  const ofChannels = [
    randomTensor([channels], 'scale'),
    randomTensor([channels], 'mean'),
    positive(channels, 'v'),
  ];
  const counted = clip ? run(ClipGrad, [dy, y], { min: clip[0], max: clip[1] })[0] : dy;
  const expected = run(BatchNormalizationGrad, [counted, x, ...ofChannels], {});
  const outputs = passOn ? [...expected, counted] : expected;
  return {
    name: `gradient ${shape}, clip ${clip}, pass on ${passOn}`,
    kernel: {
      rule: even ? batchNormalizationGradRule : uneven(batchNormalizationGradRule),
      attributes: { passOn, ...(clip && { clip }) },
      inputs: clip ? [dy, x, ...ofChannels, y] : [dy, x, ...ofChannels],
      outputs,
      layouts: [image, image, undefined, undefined, undefined, image],
    },
    expected: outputs,
  };
}

const relu: Bounds = [0, Number.POSITIVE_INFINITY];

function cases(): Agreement[] {
  return [
    ...shapes.flatMap((shape) => [
      training(shape, false),
      training(shape, true, relu),
      gradient(shape, true, relu),
    ]),
    training([2, 32, 4, 4], true, [-0.5, 1], true),
    gradient([2, 32, 4, 4], false, [-0.5, 1], true),
    gradient([2, 32, 4, 4], false),
  ];
}

nativeTest('batch normalisation agrees with its operators', async () => {
  await checkAgreement(cases());
});

nativeTest('batch normalisation repeats to the bit', async () => {
  await checkRepeatability(cases().slice(-3));
});

nativeTest('batch normalisation by given statistics', async () => {
  const attributes = { epsilon: 1e-3 };
  const cases = shapes.flatMap((shape): Agreement[] => {
    const channels = shape[1];
    const ofChannels = [
      ...['scale', 'bias', 'mean'].map((name) => randomTensor([channels], name)),
      positive(channels, 'v'),
    ];
    const [scale, bias, mean, variance] = ofChannels.map(({ data }) => data) as [Data, Data, Data, Data];
    const factor = Array.from(scale, (value, c) => value / Math.sqrt(variance[c] + attributes.epsilon));
    const shift = factor.map((value, c) => bias[c] - mean[c] * value);
    const folded = [floatTensor([channels], factor), floatTensor([channels], shift)];
    const rule = foldStatisticsRule as unknown as KernelRule;
    return [
      agreement(
        `${shape}`,
        BatchNormalization,
        uneven(batchNormalizationRule),
        [randomTensor(shape), ...ofChannels],
        attributes,
        {
          layouts: [image],
        },
      ),
      {
        name: `fold ${shape}`,
        kernel: { rule, attributes, inputs: ofChannels, outputs: folded },
        expected: folded,
      },
    ];
  });
  await checkAgreement(cases);
});
