import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import {
  AdaptiveAveragePool,
  AdaptiveAveragePoolGrad,
  adaptiveAveragePool,
} from './adaptive-average-pool.ts';
import { floatType } from './check.ts';
import { compute, gradientError, randomTensor } from './run.ts';

test('bins of an extent that does not divide share pixels', () => {
  const x = floatTensor([1, 1, 1, 5], [2, 4, 6, 8, 10]);
  expect([...compute([x], (v) => adaptiveAveragePool(v, { outputSize: [1, 2] })).data]).toEqual([4, 8]);
  expect([...compute([x], (v) => adaptiveAveragePool(v, { outputSize: [1, 3] })).data]).toEqual([3, 6, 9]);
});

test('an output larger than the input repeats pixels', () => {
  const x = floatTensor([1, 1, 1, 2], [1, 3]);
  const y = compute([x], (v) => adaptiveAveragePool(v, { outputSize: [2, 3] }));
  expect(y.shape).toEqual([1, 1, 2, 3]);
  expect([...y.data]).toEqual([1, 2, 3, 1, 2, 3]);
});

test('its gradient matches finite differences', () => {
  const attributes = { outputSize: [3, 2] } as const;
  expect(gradientError(AdaptiveAveragePool, [randomTensor([2, 2, 7, 5])], attributes)).toBeLessThan(1e-3);
});

test("it costs outputs x (kernel area + 1) operations in Paddle's convention", () => {
  const cost = (extent: number, size: number) => {
    const x = floatType([1, 512, extent, extent]);
    const attributes = { outputSize: [size, size] } as const;
    return AdaptiveAveragePool.cost!([x], AdaptiveAveragePool.infer([x], attributes), attributes).paddleFlops;
  };
  expect(cost(1, 1)).toBe(1024);
  expect(cost(7, 1)).toBe(512 * 50);
  expect(cost(14, 7)).toBe(512 * 49 * 5);
});

test('its window is the largest bin', () => {
  const window = AdaptiveAveragePool.window!([floatType([1, 8, 13, 12])], { outputSize: [6, 6] });
  expect(window).toEqual({ kernel: [3, 2], strides: [2, 2], dilations: [1, 1] });
});

test('an output size without pixels, and a gradient of other channels, are errors', () => {
  expect(() => AdaptiveAveragePool.infer([floatType([1, 2, 4, 4])], { outputSize: [0, 2] })).toThrow(
    /AdaptiveAveragePool has output size \[0, 2\]/,
  );
  expect(() =>
    AdaptiveAveragePoolGrad.infer([floatType([1, 3, 2, 2])], { inputShape: [1, 2, 4, 4] }),
  ).toThrow(/output gradient to have shape \[1, 2, 2, 2\], but got \[1, 3, 2, 2\]/);
});
