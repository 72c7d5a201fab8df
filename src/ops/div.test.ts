import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { Div, Sqrt } from './arithmetic.ts';
import { gradientError, run } from './run.ts';

test('quotients and square roots are IEEE numbers, zeros and negative numbers included', () => {
  const [a, b] = [floatTensor([4], [1, -1, 0, 3]), floatTensor([4], [0, 0, 0, 2])];
  expect([...run(Div, [a, b], {})[0].data]).toEqual([Infinity, -Infinity, NaN, 1.5]);
  expect([...run(Sqrt, [floatTensor([3], [4, 0, -1])], {})[0].data]).toEqual([2, 0, NaN]);
});

test('gradients agree with differences', () => {
  const inputs = [floatTensor([2, 2], [1, -2, 0.5, 3]), floatTensor([2], [1.5, -2])];
  expect(gradientError(Div, inputs, {})).toBeLessThan(1e-3);
  expect(gradientError(Sqrt, [floatTensor([3], [4, 1, 2])], {})).toBeLessThan(1e-3);
});
