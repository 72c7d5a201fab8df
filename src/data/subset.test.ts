import { expect, test } from 'vitest';
import { countingSplits } from '../../test/images.ts';
import { UsageError } from '../base/errors.ts';
import { selectSplit } from './dataset.ts';
import { parseSubset, takeSubset } from './subset.ts';

test('a subset is the first images of each named part', () => {
  const subset = parseSubset('train=3, test=1');
  expect(subset).toEqual({ train: 3, test: 1 });
  const { splits } = takeSubset(countingSplits(9, 5, 4), subset);
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([3, 5, 1]);
  expect(splits.train.describe(2)).toBe('sample 2');
});

test('all of a subset is what the subset kept', () => {
  const data = takeSubset(
    { ...countingSplits(9, 5, 4), all: countingSplits(18, 1, 1).splits.train },
    { train: 3 },
  );
  expect(selectSplit(data, 'all').length).toBe(12);
});

test.each([
  ['', 'unknown split in subset ""'],
  ['training=5', 'Did you mean "train"?'],
  ['train=5,train=6', 'has train twice'],
  ['train=0', 'a count must be a positive integer'],
  ['train=1.5', 'has "train=1.5"'],
  ['train', 'has "train"'],
  ['train=1=2', 'write it as train=1000,valid=200,test=200'],
])('subset "%s" is refused', (text, message) => {
  expect(() => parseSubset(text)).toThrow(UsageError);
  expect(() => parseSubset(text)).toThrow(message);
});

test('asking for more than there is says how many there are', () => {
  expect(() => takeSubset(countingSplits(9, 0, 4), { train: 10 })).toThrow(
    'subset train=10: counting has 9 train images; use 1 to 9.',
  );
  expect(() => takeSubset(countingSplits(9, 0, 4), { valid: 1 })).toThrow('0 valid images; omit valid.');
});
