import { expect, test } from 'vitest';
import {
  accuracy,
  CalibrationCounter,
  ConfusionMatrix,
  countCorrect,
  labelRank,
  Mean,
  macroAverages,
  NO_CLASS,
  predictedClasses,
  rocAuc,
  topKAccuracy,
  wilsonInterval,
} from './index.ts';

// Values of scipy.stats.binomtest(correct, count).proportion_ci(method='wilson').
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

test('the Wilson interval ends exactly at 0 or 1 if none or all are correct', () => {
  for (let count = 1; count <= 60; count++) {
    expect(wilsonInterval(0, count)[0]).toBe(0);
    expect(wilsonInterval(count, count)[1]).toBe(1);
  }
});

test('without samples the interval is [0, 1]', () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

test('the predicted class has the highest score, the first of equal scores', () => {
  expect([...predictedClasses(Float32Array.of(1, 3, 2, 5, 5, 0), 3)]).toEqual([1, 0]);
});

test('one output above 0 is class 1', () => {
  expect([...predictedClasses(Float32Array.of(-1, 0, 2), 1)]).toEqual([0, 0, 1]);
});

test('accuracy is the fraction of correct predictions', () => {
  expect(accuracy([1, 2, 3, 1], [1, 2, 0, 0])).toBe(0.5);
  expect(countCorrect([1, 2, 3], [1, 2, 0])).toBe(2);
  expect(accuracy([], [])).toBeNaN();
});

test('top-k counts labels among the k highest scores', () => {
  const scores = Float32Array.of(0.1, 0.5, 0.4, 0.7, 0.1, 0.2);
  const labels = [2, 1];
  expect([1, 2, 3].map((k) => topKAccuracy(scores, 3, labels, k))).toEqual([0, 0.5, 1]);
  expect(labelRank([1, 1, 1], 2)).toBe(2);
});

test('a mean of batch means is weighted by their sizes', () => {
  const mean = new Mean();
  expect(mean.value).toBeNaN();
  mean.add(1, 3);
  mean.add(5);
  expect(mean.value).toBe(2);
  expect(mean.count).toBe(4);
});

test('a confusion matrix has the actual classes in rows, and metrics of each class', () => {
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
    { precision: null, recall: 0, recallInterval: wilsonInterval(0, 1), f1: 0, count: 1 },
  ]);
});

test('the area under the ROC curve counts pairs in the right order, ties count half', () => {
  expect(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75); // 3 of 4 pairs.
  expect(rocAuc([1, 1, 1], [0, 1, 1])).toBe(0.5);
  expect(rocAuc([0, 1], [1, 1])).toBeNaN();
  expect(rocAuc([NaN, 1], [0, 1])).toBeNaN();
});

test('a row with a NaN has no class and no rank, so that it counts as incorrect', () => {
  const scores = Float32Array.of(NaN, NaN, 1, NaN, 3, 1);
  const labels = [0, 0, 0];
  expect([...predictedClasses(scores, 2)]).toEqual([NO_CLASS, NO_CLASS, 0]);
  expect([...predictedClasses(Float32Array.of(NaN, 1), 1)]).toEqual([NO_CLASS, 1]);
  expect(countCorrect(predictedClasses(scores, 2), labels)).toBe(1);
  expect(labelRank([NaN, 1], 1)).toBeNaN();
  expect(topKAccuracy(scores, 2, labels, 2)).toBeCloseTo(1 / 3, 12);
  expect(topKAccuracy(new Float32Array(20).fill(NaN), 10, [0, 9], 5)).toBe(0);
});

test('infinite scores are ordered', () => {
  const scores = Float32Array.of(-Infinity, 0, 2, Infinity);
  expect([...predictedClasses(scores, 4)]).toEqual([3]);
  expect([0, 1, 2, 3].map((label) => labelRank(scores, label))).toEqual([3, 2, 1, 0]);
  expect(rocAuc([-Infinity, 0, Infinity, Infinity], [0, 0, 1, 1])).toBe(1);
});

test.each([NaN, Infinity])('a confidence of %f makes the calibration error NaN', (confidence) => {
  const counter = new CalibrationCounter();
  counter.add(0.5, true);
  counter.add(confidence, false);
  expect(counter.calibration.error).toBeNaN();
});

test.each([
  [[0], [NO_CLASS], 'predicted class must be an index from 0 to 2, got -1.'],
  [[3], [0], 'label must be an index from 0 to 2, got 3.'],
  [[0, 1], [0], 'predicted class must be an index from 0 to 2, got undefined.'],
])('a confusion matrix rejects labels %j and predictions %j', (labels, predicted, message) => {
  const matrix = new ConfusionMatrix(3);
  expect(() => matrix.add(labels, predicted)).toThrow(message);
});

test('metrics without a denominator are null, and excluded from macro averages', () => {
  const matrix = new ConfusionMatrix(4);
  // Class 2 has no image but is predicted once; class 3 has neither; class 1 is never predicted.
  matrix.add([0, 0, 1], [0, 2, 0]);
  const perClass = matrix.perClass();
  expect(perClass.map(({ precision, recall, f1 }) => [precision, recall, f1])).toEqual([
    [0.5, 0.5, 0.5],
    [null, 0, 0],
    [0, null, null],
    [null, null, null],
  ]);
  expect(macroAverages(perClass)).toEqual({
    precision: { value: 0.25, classes: 2 },
    recall: { value: 0.25, classes: 2 },
    f1: { value: 0.25, classes: 2 },
  });
  expect(macroAverages([]).f1).toEqual({ value: null, classes: 0 });
});
