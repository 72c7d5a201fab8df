import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { AveragePool, averagePool } from './average-pool.ts';
import { floatType } from './check.ts';
import { compute, gradientError, randomTensor } from './run.ts';

const image = floatTensor(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i + 1),
);
const padded = { kernelShape: [2, 2], pads: [1, 1, 1, 1] } as const;

test('average pool 2/2 of 1 to 16', () => {
  const y = compute([image], (x) => averagePool(x, { kernelShape: [2, 2] }));
  expect(y.shape).toEqual([1, 1, 2, 2]);
  expect([...y.data]).toEqual([3.5, 5.5, 11.5, 13.5]);
});

test('padding counts as zeros, or not at all', () => {
  const counted = compute([image], (x) => averagePool(x, padded));
  const left = compute([image], (x) => averagePool(x, { ...padded, countIncludePad: false }));
  expect([...counted.data]).toEqual([0.25, 1.25, 1, 3.5, 8.5, 5, 3.25, 7.25, 4]);
  expect([...left.data]).toEqual([1, 2.5, 4, 7, 8.5, 10, 13, 14.5, 16]);
});

test('what lies beyond the padding is never counted', () => {
  const x = floatTensor([1, 1, 1, 5], [2, 4, 6, 8, 10]);
  const pool = (right: number) =>
    compute([x], (value) =>
      averagePool(value, { kernelShape: [1, 3], pads: [0, 0, 0, right], ceilMode: true }),
    );
  expect([...pool(0).data]).toEqual([4, 9]);
  expect([...pool(1).data]).toEqual([4, 6]);
});

test.each([true, false])(
  'its gradient matches finite differences, padding counted: %s',
  (countIncludePad) => {
    const attributes = {
      kernelShape: [3, 2],
      strides: [2, 2],
      pads: [1, 0, 1, 1],
      ceilMode: true,
      countIncludePad,
    } as const;
    expect(gradientError(AveragePool, [randomTensor([2, 2, 6, 6])], attributes)).toBeLessThan(1e-2);
  },
);

test("it costs one operation for each output in Paddle's convention", () => {
  const attributes = {
    kernelShape: [2, 2],
    strides: [2, 2],
    pads: [0, 0, 0, 0],
    ceilMode: false,
    countIncludePad: true,
  } as const;
  const x = floatType([1, 16, 10, 10]);
  expect(AveragePool.cost!([x], AveragePool.infer([x], attributes), attributes)).toEqual({
    paddleFlops: 400,
  });
});
