import { expect, test } from 'vitest';
import { countingDataset, countingSplits } from '../../test/images.ts';
import { type Dataset, labelsOf, pick } from './dataset.ts';
import { kFold, parseFold, stratifiedSplit, takeFold } from './split.ts';

const names = (data: Dataset) => Array.from({ length: data.length }, (_, i) => data.describe(i));

test('every class has the same fractions, and every image is in one split', () => {
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

test('fractions that leave nothing to train on are refused', () => {
  expect(() => stratifiedSplit(countingDataset(9), { valid: 0.5, test: 0.5 })).toThrow('with a sum below 1');
});

test('every image validates in one fold and trains in the others, each class evenly', () => {
  const dataset = countingDataset(46, ['a', 'b', 'c']);
  const folds = kFold(dataset, 5);
  expect(folds.flatMap(({ valid }) => names(valid)).sort()).toEqual(names(dataset).sort());
  for (const { train, valid } of folds) {
    expect(new Set([...names(train), ...names(valid)]).size).toBe(46);
    expect([9, 10]).toContain(valid.length);
    for (const label of [0, 1, 2]) {
      expect([3, 4]).toContain(labelsOf(valid).filter((own) => own === label).length);
    }
  }
});

test('folds are drawn by seed', () => {
  const first = (seed: number) => names(kFold(countingDataset(60), 3, { seed })[0].valid);
  expect(first(1)).toEqual(first(1));
  expect(first(2)).not.toEqual(first(1));
});

test('a fold divides training and validation images again, and keeps the test images', () => {
  const { splits } = takeFold(countingSplits(12, 3, 7), 2, 5);
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([12, 3, 7]);
});

test('invalid numbers of folds are refused', () => {
  expect(() => kFold(countingDataset(4), 5)).toThrow(
    'number of folds must be an integer from 2 to 4, got 5.',
  );
  expect(() => kFold(countingDataset(4), 1)).toThrow('number of folds must be an integer from 2 to 4, got 1');
  expect(() => takeFold(countingSplits(9, 3, 3), 6, 5)).toThrow('fold must be an integer from 1 to 5');
  expect(parseFold('2/5')).toEqual({ fold: 2, count: 5 });
  for (const text of ['2', '0/5', '6/5', '1/1', '2/x', '-1/5']) {
    expect(() => parseFold(text)).toThrow(`fold must be written as FOLD/COUNT`);
  }
});
