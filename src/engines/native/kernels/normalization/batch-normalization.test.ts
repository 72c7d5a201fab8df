// Tests of batch normalization kernels, alone and with what is fused into them.
import {
  type Agreement,
  activations,
  agreement,
  checkAgreement,
  checkRepeatability,
  formulaValues,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { add, greater, less, multiply, sigmoid, where } from '../../../../expressions/builders.ts';
import { type Expression, operand } from '../../../../expressions/expression.ts';
import { compose } from '../../../../expressions/simplify.ts';
import {
  BatchNormalization,
  BatchNormalizationGrad,
  BatchNormalizationTraining,
} from '../../../../ops/batch-normalization.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, type Tensor } from '../../../../tensor/tensor.ts';
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

/** @param activation of the normalized value, or of its sum with the residual */
function training(shape: Shape, residual: boolean, activation?: Expression, even = false): Agreement {
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
  const value = residual ? add(operand(0), operand(1)) : operand(0);
  const epilogue = activation ? compose(activation, [value]) : value;
  const [finished] = formulaValues([epilogue], residual ? [y, shortcut] : [y]);
  return {
    name: `training ${shape}, residual ${residual}, ${JSON.stringify(epilogue)}`,
    kernel: {
      rule: even ? batchNormalizationTrainingRule : uneven(batchNormalizationTrainingRule),
      attributes: { ...attributes, residual, epilogue },
      inputs: residual ? [...inputs, shortcut] : inputs,
      outputs: [y, ...statistics],
      layouts: [image, undefined, undefined, undefined, undefined, image],
    },
    expected: [finished, ...statistics],
  };
}

function gradient(shape: Shape, emitsGradient: boolean, prologue?: Expression, even = false): Agreement {
  const channels = shape[1];
  const [dy, x, y] = ['dy', 'x', 'y'].map((name) => randomTensor(shape, name)) as [Tensor, Tensor, Tensor];
  const ofChannels = [
    randomTensor([channels], 'scale'),
    randomTensor([channels], 'mean'),
    positive(channels, 'v'),
  ];
  const [g] = prologue ? formulaValues([prologue], [dy, y]) : [dy];
  const expected = run(BatchNormalizationGrad, [g, x, ...ofChannels], {});
  const outputs = emitsGradient ? [...expected, g] : expected;
  return {
    name: `gradient ${shape}, ${JSON.stringify(prologue)}, emitted ${emitsGradient}`,
    kernel: {
      rule: even ? batchNormalizationGradRule : uneven(batchNormalizationGradRule),
      attributes: { emitsGradient, ...(prologue && { prologue }) },
      inputs: prologue ? [dy, x, ...ofChannels, y] : [dy, x, ...ofChannels],
      outputs,
      layouts: [image, image, undefined, undefined, undefined, image],
    },
    expected: outputs,
  };
}

const [dy, y] = [operand(0), operand(1)];
const mask = where(greater(y, 0), dy, 0);
const bounded = where(less(y, 1), where(greater(y, -0.5), dy, 0), 0);
const smooth = multiply(dy, sigmoid(y));

function cases(): Agreement[] {
  return [
    ...shapes.flatMap((shape) => [
      training(shape, false),
      training(shape, true, activations.relu),
      gradient(shape, true, mask),
      gradient(shape, false, smooth),
      ...Object.values(activations).map((activation, i) => training(shape, i % 2 === 1, activation)),
    ]),
    training([2, 32, 4, 4], true, activations.relu6, true),
    gradient([2, 32, 4, 4], false, bounded, true),
    gradient([2, 32, 4, 4], false),
  ];
}

nativeTest('batch normalization agrees with its operators', async () => {
  await checkAgreement(cases());
});

nativeTest('batch normalization repeats to the bit', async () => {
  await checkRepeatability(cases().slice(-3));
});

nativeTest('batch normalization by given statistics', async () => {
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
