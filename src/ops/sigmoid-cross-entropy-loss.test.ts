import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { run } from './run.ts';
import { SigmoidCrossEntropyLoss, SigmoidCrossEntropyLossGrad } from './sigmoid-cross-entropy-loss.ts';

test('a logit of 0 loses log 2', () => {
  const [loss] = run(SigmoidCrossEntropyLoss, [floatTensor([2, 1], [0, 0]), floatTensor([2, 1], [1, 0])], {});
  expect(loss.data[0]).toBeCloseTo(Math.log(2), 6);
});

test('large logits do not overflow', () => {
  const logits = floatTensor([2], [1000, -1000]);
  const loss = (targets: number[]) =>
    run(SigmoidCrossEntropyLoss, [logits, floatTensor([2], targets)], {})[0].data[0];
  expect(loss([1, 0])).toBe(0);
  expect(loss([0, 1])).toBe(1000);
});

test('the gradient is (sigmoid(z) - t) / size', () => {
  const inputs = [floatTensor([], [2]), floatTensor([2], [0, -1000]), floatTensor([2], [1, 0])];
  expect([...run(SigmoidCrossEntropyLossGrad, inputs, {})[0].data]).toEqual([-0.5, 0]);
});
