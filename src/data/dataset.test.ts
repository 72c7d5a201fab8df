import { expect, test } from 'vitest';
import { countingDataset, countingSplits } from '../../test/images.ts';
import { concatenate, labelsOf, pick, selectSplit, slice } from './dataset.ts';

test('pick and slice address the samples they were given', async () => {
  const picked = pick(countingDataset(9), [7, 2]);
  expect([picked.length, picked.label(0), picked.describe(1)]).toEqual([2, 1, 'sample 2']);
  expect((await picked.get(0)).image.data[0]).toBe(7);
  expect([...labelsOf(slice(countingDataset(9), 3, 6))]).toEqual([1, 0, 1]);
});

test('concatenated parts follow one another, empty ones between them too', async () => {
  const parts = [countingDataset(2), countingDataset(0), countingDataset(3), countingDataset(0)];
  const joined = concatenate(parts);
  expect(joined.length).toBe(5);
  const descriptions = Array.from({ length: 5 }, (_, i) => joined.describe(i));
  expect(descriptions).toEqual(['sample 0', 'sample 1', 'sample 0', 'sample 1', 'sample 2']);
  expect((await joined.get(4)).image.data[0]).toBe(2);
  expect([...labelsOf(joined)]).toEqual([0, 1, 0, 1, 0]);
});

test('a split is selected by name, and all is every image', () => {
  const data = countingSplits(4, 0, 2);
  expect(selectSplit(data, 'test').length).toBe(2);
  expect(selectSplit(data, 'all').length).toBe(6);
  expect(selectSplit({ ...data, all: countingDataset(9) }, 'all').length).toBe(9);
});

test('a wrong or empty split is refused with those there are', () => {
  const data = countingSplits(4, 0, 2);
  expect(() => selectSplit(data, 'tset')).toThrow('unknown split "tset". Did you mean "test"?');
  expect(() => selectSplit(data, 'valid')).toThrow('counting has no valid images; it has: train, test, all.');
});
