// Tests of softmax, losses and their gradients.
import {
  type Agreement,
  agreement,
  checkAgreement,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Expand } from '../../../../ops/reduce-sum.ts';
import { Reshape } from '../../../../ops/reshape.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import {
  SigmoidCrossEntropyLoss,
  SigmoidCrossEntropyLossGrad,
} from '../../../../ops/sigmoid-cross-entropy-loss.ts';
import { Softmax, SoftmaxGrad } from '../../../../ops/softmax.ts';
import {
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad,
} from '../../../../ops/softmax-cross-entropy-loss.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, intTensor, scalar, type Tensor } from '../../../../tensor/tensor.ts';
import { expandRule, reshapeRule } from '../layout/copies.ts';
import {
  sigmoidCrossEntropyLossGradRule,
  sigmoidCrossEntropyLossRule,
} from './sigmoid-cross-entropy-loss.ts';
import { softmaxGradRule, softmaxRule } from './softmax.ts';
import {
  softmaxCrossEntropyLossGradRule,
  softmaxCrossEntropyLossRule,
} from './softmax-cross-entropy-loss.ts';

function wide(shape: Shape): Tensor {
  return floatTensor(
    shape,
    randomTensor(shape, 'wide').data.map((value) => 20 * value),
  );
}

function absolute(shape: Shape): Tensor {
  return floatTensor(
    shape,
    randomTensor(shape, 'absolute').data.map((value) => Math.abs(value)),
  );
}

function softmaxes(shape: Shape, axis: number): Agreement[] {
  const [dy, y] = [randomTensor(shape, 'dy'), absolute(shape)];
  return [
    agreement(`softmax ${shape} along ${axis}`, Softmax, softmaxRule, [wide(shape)], { axis }),
    agreement(`gradient ${shape} along ${axis}`, SoftmaxGrad, softmaxGradRule, [dy, y], { axis }),
  ];
}

function losses(
  samples: number,
  classes: number,
  soft: boolean,
  weighted: boolean,
  labelSmoothing: number,
): Agreement[] {
  const labels = soft
    ? absolute([samples, classes])
    : intTensor(
        [samples],
        Array.from({ length: samples }, (_, n) => (7 * n + 3) % classes),
      );
  const logits = wide([samples, classes]);
  const rest = weighted ? [labels, absolute([classes])] : [labels];
  const attributes = { labelSmoothing };
  const probabilities = run(Softmax, [logits], { axis: 1 })[0];
  const name = `${samples} x ${classes}, soft ${soft}, weighted ${weighted}, smoothing ${labelSmoothing}`;
  return [
    agreement(name, SoftmaxCrossEntropyLoss, softmaxCrossEntropyLossRule, [logits, ...rest], attributes),
    agreement(
      `gradient ${name}`,
      SoftmaxCrossEntropyLossGrad,
      softmaxCrossEntropyLossGradRule,
      [scalar(1.5), probabilities, ...rest],
      attributes,
    ),
  ];
}

nativeTest('softmax along any axis', async () => {
  await checkAgreement([
    ...softmaxes([3, 10], 1),
    ...softmaxes([2, 5, 37], 1),
    ...softmaxes([40, 3], 0),
    ...softmaxes([2, 1], 1),
  ]);
});

nativeTest('softmax cross-entropy with every kind of target', async () => {
  await checkAgreement([
    ...losses(5, 10, false, false, 0),
    ...losses(3, 37, false, true, 0.1),
    ...losses(4, 16, true, false, 0),
    ...losses(2, 100, true, true, 0.2),
  ]);
});

nativeTest('sigmoid cross-entropy', async () => {
  const shapes = [[5, 7], [300], [1]];
  await checkAgreement(
    shapes.flatMap((shape) => {
      const inputs = [wide(shape), absolute(shape)];
      const [loss, gradient] = [sigmoidCrossEntropyLossRule, sigmoidCrossEntropyLossGradRule];
      return [
        agreement(`${shape}`, SigmoidCrossEntropyLoss, loss, inputs, {}),
        agreement(`gradient ${shape}`, SigmoidCrossEntropyLossGrad, gradient, [scalar(0.5), ...inputs], {}),
      ];
    }),
  );
});

nativeTest('copies', async () => {
  const x = randomTensor([2, 17, 1, 1]);
  const labels = intTensor([6], [1, -2, 3, 4, 5, 1 << 30]);
  await checkAgreement([
    agreement(
      'expand images',
      Expand,
      uneven(expandRule),
      [x],
      { shape: [2, 17, 3, 5] },
      { layouts: [image] },
    ),
    agreement('expand channels', Expand, expandRule, [randomTensor([17, 1, 1])], { shape: [2, 17, 3, 5] }),
    agreement('expand rows', Expand, expandRule, [randomTensor([3, 1, 5])], { shape: [2, 3, 4, 5].slice(1) }),
    agreement('expand a number', Expand, expandRule, [scalar(3)], { shape: [3, 5] }),
    agreement('reshape', Reshape, reshapeRule, [randomTensor([3, 7])], { shape: [21, 1] }),
    agreement('reshape labels', Reshape, reshapeRule, [labels], { shape: [2, 3] }),
  ]);
});
