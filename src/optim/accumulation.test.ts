import { expect, test } from 'vitest';
import { accumulationPlace } from './accumulation.ts';

const placesOf = (steps: number, accumulate: number, stepsPerEpoch?: number) =>
  Array.from({ length: steps }, (_, i) => {
    const { update, index, batches } = accumulationPlace(i + 1, accumulate, stepsPerEpoch);
    return [update, index, batches];
  });

test('steps without epochs make an update every N batches', () => {
  expect(placesOf(5, 2)).toEqual([
    [1, 0, 2],
    [1, 1, 2],
    [2, 0, 2],
    [2, 1, 2],
    [3, 0, 2],
  ]);
});

test('the last update of an epoch takes the batches that are left, and the next epoch starts a new one', () => {
  expect(placesOf(8, 3, 4)).toEqual([
    [1, 0, 3],
    [1, 1, 3],
    [1, 2, 3],
    [2, 0, 1],
    [3, 0, 3],
    [3, 1, 3],
    [3, 2, 3],
    [4, 0, 1],
  ]);
});

test('an epoch with fewer batches than asked for is one update', () => {
  expect(placesOf(4, 1000, 2)).toEqual([
    [1, 0, 2],
    [1, 1, 2],
    [2, 0, 2],
    [2, 1, 2],
  ]);
});

test('one batch to an update is every step', () => {
  expect(placesOf(3, 1, 2)).toEqual([
    [1, 0, 1],
    [2, 0, 1],
    [3, 0, 1],
  ]);
});
