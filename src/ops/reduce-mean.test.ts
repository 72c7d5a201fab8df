import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { ReduceMean, reduceMean } from './reduce-mean.ts';
import { compute, gradientError, randomTensor } from './run.ts';

const x = floatTensor([2, 3], [1, 2, 3, 10, 20, 30]);

test('means over some axes or all of them', () => {
  expect([...compute([x], (v) => reduceMean(v, { axes: [1] })).data]).toEqual([2, 20]);
  expect(compute([x], (v) => reduceMean(v, { axes: [0], keepDims: true }))).toEqual(
    floatTensor([1, 3], [5.5, 11, 16.5]),
  );
  expect(compute([x], (v) => reduceMean(v))).toEqual(floatTensor([], [11]));
});

test('its gradient matches finite differences', () => {
  const attributes = { axes: [0, 2], keepDims: false };
  expect(gradientError(ReduceMean, [randomTensor([2, 3, 4])], attributes)).toBeLessThan(1e-3);
});

test('an axis that the shape lacks is an error', () => {
  expect(() => ReduceMean.infer([floatType([2])], { axes: [1], keepDims: true })).toThrow(
    /ReduceMean cannot reduce axes \[1\] of shape \[2\]/,
  );
});
