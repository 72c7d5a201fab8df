import { expect, test } from 'vitest';
import { countingDataset } from '../../test/images.ts';
import { type Dataset, labelsOf, pick } from './dataset.ts';
import { stratifiedSplit } from './split.ts';

const names = (data: Dataset) => Array.from({ length: data.length }, (_, i) => data.describe(i));

test('every class gives the same shares, and every image is in one part', () => {
  const { train, valid, test: held } = stratifiedSplit(countingDataset(200));
  expect([train.length, valid.length, held.length]).toEqual([160, 20, 20]);
  expect(labelsOf(valid).filter((label) => label === 1).length).toBe(10);
  expect(new Set([...names(train), ...names(valid), ...names(held)]).size).toBe(200);
});

test('the same seed gives the same parts, another seed others', () => {
  const dataset = countingDataset(100);
  const first = names(stratifiedSplit(dataset, { seed: 3 }).test);
  expect(names(stratifiedSplit(dataset, { seed: 3 }).test)).toEqual(first);
  expect(names(stratifiedSplit(dataset, { seed: 4 }).test)).not.toEqual(first);
});

test('parts keep the order of the files, beyond nine images too', () => {
  const { train } = stratifiedSplit(countingDataset(60));
  const places = names(train).map((name) => Number(name.split(' ')[1]));
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('a class of three images gives one to each part, a class of two stays in train', () => {
  const six = stratifiedSplit(countingDataset(6));
  expect([six.train.length, six.valid.length, six.test.length]).toEqual([2, 2, 2]);
  const four = stratifiedSplit(pick(countingDataset(9), [0, 1, 2, 3]));
  expect([four.train.length, four.valid.length, four.test.length]).toEqual([4, 0, 0]);
});

test('shares that leave nothing to train on are refused', () => {
  expect(() => stratifiedSplit(countingDataset(9), { valid: 0.5, test: 0.5 })).toThrow('below 1 together');
});
