import { expect, test } from 'vitest';
import { checkInteger, describeInteger } from './arguments.ts';
import { UsageError } from './errors.ts';
import { mean, median, range, roundHalfToEven, sum } from './numbers.ts';

test('an integer out of its range is refused with what was expected', () => {
  expect([describeInteger(), describeInteger(0), describeInteger(10), describeInteger(1, 8)]).toEqual([
    'a positive integer',
    'a non-negative integer',
    'an integer of at least 10',
    'an integer from 1 to 8',
  ]);
  expect(() => checkInteger('batch size', 0)).toThrow(UsageError);
  expect(() => checkInteger('batch size', 0)).toThrow('batch size must be a positive integer, got 0.');
  expect(() => checkInteger('threads', 9, 1, 8)).toThrow('threads must be an integer from 1 to 8, got 9.');
  for (const value of [1.5, Number.NaN, '3', undefined])
    expect(() => checkInteger('n', value)).toThrow('got');
  checkInteger('n', 3);
});

test('sums, means and medians', () => {
  expect([sum([1, 2, 6]), mean([1, 2, 6]), median([6, 1, 2]), median([4, 1, 2, 3])]).toEqual([9, 3, 2, 2.5]);
  expect(range(3)).toEqual([0, 1, 2]);
  expect([0.5, 1.5, 2.4, -0.5].map(roundHalfToEven)).toEqual([0, 2, 2, 0]);
});
