import { expect, test } from 'vitest';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import { Mul, mul, multiplyBy } from './arithmetic.ts';
import { floatType } from './check.ts';
import { compute, gradientError, randomTensor } from './run.ts';

test('products broadcast where an extent is 1', () => {
  const a = floatTensor([2, 1], [2, 3]);
  const b = floatTensor([3], [1, 10, 100]);
  const y = compute([a, b], mul);
  expect(y.shape).toEqual([2, 3]);
  expect([...y.data]).toEqual([2, 20, 200, 3, 30, 300]);
  expect([...compute([b], (x) => multiplyBy(x, -2)).data]).toEqual([-2, -20, -200]);
});

test('its gradients are those of differences', () => {
  const inputs = [randomTensor([2, 3, 1], 'a'), randomTensor([3, 4], 'b')];
  expect(gradientError(Mul, inputs, {})).toBeLessThan(1e-3);
});

test('shapes that do not broadcast, and integers, are errors', () => {
  expect(() => Mul.infer([floatType([2, 3]), floatType([2, 4])], {})).toThrow(
    /Mul: \[2, 3\] and \[2, 4\] do not broadcast/,
  );
  expect(() => Mul.infer([floatType([2]), intTensor([2], [1, 2])], {})).toThrow(
    /Mul expects its input 1 as float32, but got int32/,
  );
});
