import { expect, test } from 'vitest';
import { DataError } from '../base/errors.ts';
import { Graph } from '../graph/graph.ts';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import { run } from './run.ts';
import {
  SoftmaxCrossEntropyLoss,
  SoftmaxCrossEntropyLossGrad,
  softmaxCrossEntropyLoss,
} from './softmax-cross-entropy-loss.ts';

const plain = { labelSmoothing: 0 };

test('equal logits lose log K and give equal probabilities', () => {
  const [loss, probabilities] = run(
    SoftmaxCrossEntropyLoss,
    [floatTensor([1, 4], [3, 3, 3, 3]), intTensor([1], [2])],
    plain,
  );
  expect(loss.data[0]).toBeCloseTo(Math.log(4), 6);
  expect([...probabilities.data]).toEqual([0.25, 0.25, 0.25, 0.25]);
});

test('large logits do not overflow', () => {
  const logits = floatTensor([2, 2], [1000, -1000, 1000, -1000]);
  const [loss, probabilities] = run(SoftmaxCrossEntropyLoss, [logits, intTensor([2], [0, 1])], plain);
  expect(loss.data[0]).toBe(1000);
  expect([...probabilities.data]).toEqual([1, 0, 1, 0]);
});

test('the gradient is (p - target) / N', () => {
  const [dlogits] = run(
    SoftmaxCrossEntropyLossGrad,
    [floatTensor([], [1]), floatTensor([2, 2], [0.25, 0.75, 0.5, 0.5]), intTensor([2], [0, 1])],
    plain,
  );
  expect([...dlogits.data]).toEqual([-0.375, 0.375, 0.25, -0.25]);
});

test('a label out of range is an error with its value and index', () => {
  const logits = floatTensor([3, 2], [0, 0, 0, 0, 0, 0]);
  const lossOf = (labels: number[]) => () =>
    run(SoftmaxCrossEntropyLoss, [logits, intTensor([3], labels)], plain);
  expect(lossOf([0, 1, 2])).toThrow(DataError);
  expect(lossOf([0, 1, 2])).toThrow('label 2 of the batch is 2, but there are 2 classes');
  expect(lossOf([0, -1, 1])).toThrow('label 1 of the batch is -1');
});

test('labels and weights that do not fit are errors when the graph is built', () => {
  const graph = new Graph('training');
  const float = (name: string, shape: readonly number[]) =>
    graph.input(name, { shape, dtype: 'float32' }, 'batch');
  const logits = float('logits', [3, 2]);
  const labels = graph.input('labels', { shape: [3], dtype: 'int32' }, 'batch');
  expect(() => softmaxCrossEntropyLoss(logits, float('soft', [3]))).toThrow(/labels to have shape \[3, 2\]/);
  expect(() => softmaxCrossEntropyLoss(logits, labels, float('weights', [3]))).toThrow(/class weights/);
  expect(() => softmaxCrossEntropyLoss(logits, labels, undefined, { labelSmoothing: 2 })).toThrow(
    /smoothing 2/,
  );
});
