import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { compute, gradientError, randomTensor, run } from './run.ts';
import { Slice, SliceGrad, slice } from './slice.ts';

const x = floatTensor(
  [1, 1, 3, 4],
  Array.from({ length: 12 }, (_, i) => i),
);

test('every second pixel', () => {
  const y = compute([x], (v) => slice(v, { steps: [1, 1, 2, 2] }));
  expect(y.shape).toEqual([1, 1, 2, 2]);
  expect([...y.data]).toEqual([0, 2, 8, 10]);
});

test('from start up to but not including end', () => {
  const y = compute([x], (v) => slice(v, { starts: [0, 0, 1, 1], ends: [1, 1, 3, 3] }));
  expect([...y.data]).toEqual([5, 6, 9, 10]);
});

test('its gradient goes back to the sliced elements', () => {
  const attributes = { starts: [0, 1], steps: [1, 2], inputShape: [1, 5] };
  expect([...run(SliceGrad, [floatTensor([1, 2], [7, 8])], attributes)[0].data]).toEqual([0, 7, 0, 8, 0]);
  const part = { starts: [0, 1, 0], ends: [2, 4, 3], steps: [1, 2, 3] };
  expect(gradientError(Slice, [randomTensor([2, 5, 3])], part)).toBeLessThan(1e-3);
});

test('its window carries the stride', () => {
  const attributes = { starts: [0, 0, 0, 0], ends: [1, 1, 3, 4], steps: [1, 1, 2, 3] };
  expect(Slice.window!([x], attributes)).toEqual({ kernel: [1, 1], strides: [2, 3], dilations: [1, 1] });
});

test('a slice that reaches beyond the tensor is an error', () => {
  expect(() => Slice.infer([floatType([2, 3])], { starts: [0, 0], ends: [2, 4], steps: [1, 1] })).toThrow(
    /cannot take starts \[0, 0\], ends \[2, 4\], steps \[1, 1\] of \[2, 3\]/,
  );
  expect(() => Slice.infer([floatType([2, 3])], { starts: [0], ends: [2], steps: [1] })).toThrow(
    /for each axis/,
  );
  expect(() =>
    SliceGrad.infer([floatType([2, 3])], { starts: [0, 1], steps: [1, 1], inputShape: [2, 3] }),
  ).toThrow(/the last element lies outside/);
});
