import { expect, test } from 'vitest';
import {
  accuracy,
  ConfusionMatrix,
  countCorrect,
  Mean,
  predictedClasses,
  rankOf,
  rocAuc,
  topKAccuracy,
  wilsonInterval,
} from './index.ts';

// Figures of scipy.stats.binomtest(correct, count).proportion_ci(method='wilson').
test.each([
  [8, 10, 0.4902, 0.9433],
  [0, 10, 0, 0.2775],
  [10, 10, 0.7225, 1],
  [172, 200, 0.8051, 0.9013],
])('the Wilson interval of %i in %i is [%f, %f]', (correct, count, low, high) => {
  const interval = wilsonInterval(correct, count);
  expect(interval[0]).toBeCloseTo(low, 4);
  expect(interval[1]).toBeCloseTo(high, 4);
});

test('the Wilson interval ends exactly where none or all are right, whatever the count', () => {
  for (let count = 1; count <= 60; count++) {
    expect(wilsonInterval(0, count)[0]).toBe(0);
    expect(wilsonInterval(count, count)[1]).toBe(1);
  }
});

test('without a sample the interval is everything', () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

test('the predicted class has the highest score, the first one of equals', () => {
  expect([...predictedClasses(Float32Array.of(1, 3, 2, 5, 5, 0), 3)]).toEqual([1, 0]);
});

test('one output above 0 is class 1', () => {
  expect([...predictedClasses(Float32Array.of(-1, 0, 2), 1)]).toEqual([0, 0, 1]);
});

test('accuracy is the share of right predictions', () => {
  expect(accuracy([1, 2, 3, 1], [1, 2, 0, 0])).toBe(0.5);
  expect(countCorrect([1, 2, 3], [1, 2, 0])).toBe(2);
  expect(accuracy([], [])).toBeNaN();
});

test('top-k counts labels among the k highest scores', () => {
  const scores = Float32Array.of(0.1, 0.5, 0.4, 0.7, 0.1, 0.2);
  const labels = [2, 1];
  expect([1, 2, 3].map((k) => topKAccuracy(scores, 3, labels, k))).toEqual([0, 0.5, 1]);
  expect(rankOf([1, 1, 1], 2)).toBe(2);
});

test('a mean of batch means is weighted by their sizes', () => {
  const mean = new Mean();
  expect(mean.value).toBeNaN();
  mean.add(1, 3);
  mean.add(5);
  expect(mean.value).toBe(2);
  expect(mean.count).toBe(4);
});

test('a confusion matrix has the true class in rows, and figures for each class', () => {
  const matrix = new ConfusionMatrix(3);
  matrix.add([0, 0, 1, 1], [0, 1, 1, 1]);
  matrix.add([2], [0]);
  expect(matrix.rows).toEqual([
    [1, 1, 0],
    [0, 2, 0],
    [1, 0, 0],
  ]);
  expect([matrix.correct, matrix.count]).toEqual([3, 5]);
  expect(matrix.perClass()).toEqual([
    { precision: 0.5, recall: 0.5, recallInterval: wilsonInterval(1, 2), f1: 0.5, count: 2 },
    { precision: 2 / 3, recall: 1, recallInterval: wilsonInterval(2, 2), f1: 0.8, count: 2 },
    { precision: 0, recall: 0, recallInterval: wilsonInterval(0, 1), f1: 0, count: 1 },
  ]);
});

test('the area under the ROC curve counts pairs in the right order, ties half', () => {
  expect(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75); // 3 of 4 pairs.
  expect(rocAuc([1, 1, 1], [0, 1, 1])).toBe(0.5);
  expect(rocAuc([0, 1], [1, 1])).toBeNaN();
  expect(rocAuc([NaN, 1], [0, 1])).toBeNaN();
});
