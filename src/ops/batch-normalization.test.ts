import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { BatchNormalization, BatchNormalizationTraining } from './batch-normalization.ts';
import { floatType } from './check.ts';
import { gradientError, randomTensor, run } from './run.ts';

const training = { epsilon: 1e-5, momentum: 0.1 };

test('in training each channel gets mean 0 and variance 1, and the running statistics move by momentum', () => {
  const x = floatTensor([2, 1, 1, 2], [1, 3, 5, 7]);
  const vectors = [1, 0, 10, 100].map((value) => floatTensor([1], [value]));
  const [y, runningMean, runningVariance, mean, inverseStd] = run(
    BatchNormalizationTraining,
    [x, ...vectors],
    training,
  );
  const std = Math.sqrt(5 + 1e-5);
  [-3, -1, 1, 3].forEach((centered, i) => {
    expect(y.data[i]).toBeCloseTo(centered / std, 6);
  });
  expect(mean.data[0]).toBe(4);
  expect(inverseStd.data[0]).toBeCloseTo(1 / std, 6);
  expect(runningMean.data[0]).toBeCloseTo(0.9 * 10 + 0.1 * 4, 5);
  expect(runningVariance.data[0]).toBeCloseTo(0.9 * 100 + (0.1 * 20) / 3, 4);
});

test('inference uses the given statistics', () => {
  const x = floatTensor([1, 2, 1, 2], [1, 2, 3, 4]);
  const vectors = [
    [2, 3],
    [1, 0],
    [1, 4],
    [4, 0.25],
  ].map((values) => floatTensor([2], values));
  const [y] = run(BatchNormalization, [x, ...vectors], { epsilon: 1e-12 });
  expect([...y.data]).toEqual([1, 2, -6, 0]);
});

test('its gradients match finite differences, in training and with frozen statistics', () => {
  const x = randomTensor([3, 2, 2, 3]);
  const vectors = ['scale', 'bias', 'mean'].map((purpose) => randomTensor([2], purpose));
  const inputs = [x, ...vectors, floatTensor([2], [0.5, 2])];
  const needsGradient = [true, true, true, false, false];
  expect(gradientError(BatchNormalizationTraining, inputs, training, needsGradient)).toBeLessThan(2e-3);
  expect(gradientError(BatchNormalization, inputs, { epsilon: 1e-5 }, needsGradient)).toBeLessThan(2e-3);
});

test('it costs two operations for each element', () => {
  const vector = floatType([64]);
  const inputs = [floatType([1, 64, 16, 16]), vector, vector, vector, vector] as const;
  const attributes = { epsilon: 1e-5 };
  const cost = BatchNormalization.cost!(inputs, BatchNormalization.infer(inputs, attributes), attributes);
  expect(cost).toEqual({ normOps: 32_768, paddleFlops: 32_768 });
});

test('one value per channel cannot be normalized in training', () => {
  const vector = floatType([8]);
  const infer = () =>
    BatchNormalizationTraining.infer([floatType([1, 8, 1, 1]), vector, vector, vector, vector], training);
  expect(infer).toThrow(/\[1, 8, 1, 1\], with one value per channel/);
});

test('vectors of another length than the channels are an error that names them', () => {
  const vector = floatType([8]);
  const infer = () =>
    BatchNormalization.infer([floatType([1, 8, 4, 4]), vector, vector, floatType([4]), vector], {
      epsilon: 1e-5,
    });
  expect(infer).toThrow(/expects its mean to have shape \[8\], but got \[4\]/);
});
