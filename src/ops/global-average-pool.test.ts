import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { GlobalAveragePool, globalAveragePool } from './global-average-pool.ts';
import { compute, gradientError, randomTensor } from './run.ts';

test('each channel becomes its mean', () => {
  const x = floatTensor([1, 2, 2, 2], [1, 2, 3, 4, 10, 20, 30, 40]);
  const y = compute([x], globalAveragePool);
  expect(y.shape).toEqual([1, 2, 1, 1]);
  expect([...y.data]).toEqual([2.5, 25]);
});

test('its gradient matches finite differences', () => {
  expect(gradientError(GlobalAveragePool, [randomTensor([2, 3, 3, 4])], {})).toBeLessThan(1e-3);
});

test('its window is the whole input, and costs 1,024 operations on 512 channels of one pixel', () => {
  const x = floatType([1, 512, 1, 1]);
  expect(GlobalAveragePool.cost!([x], GlobalAveragePool.infer([x], {}), {})).toEqual({ paddleFlops: 1024 });
  expect(GlobalAveragePool.window!([floatType([1, 4, 7, 5])], {}).kernel).toEqual([7, 5]);
});
