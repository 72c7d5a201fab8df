import { expect, test } from 'vitest';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import { add, div, mul, multiplyBy, sqrt, sub } from './arithmetic.ts';
import { compute } from './run.ts';

test('operands broadcast where an extent is 1', () => {
  const a = floatTensor([2, 1], [2, 3]);
  const b = floatTensor([3], [1, 10, 100]);
  expect(compute([a, b], mul).shape).toEqual([2, 3]);
  expect([...compute([a, b], mul).data]).toEqual([2, 20, 200, 3, 30, 300]);
  expect([...compute([a, b], add).data]).toEqual([3, 12, 102, 4, 13, 103]);
  expect([...compute([a, b], sub).data]).toEqual([1, -8, -98, 2, -7, -97]);
  expect([...compute([b], (x) => multiplyBy(x, -2)).data]).toEqual([-2, -20, -200]);
});

test('quotients and square roots are IEEE numbers, zeros and negative numbers included', () => {
  const [a, b] = [floatTensor([4], [1, -1, 0, 3]), floatTensor([4], [0, 0, 0, 2])];
  expect([...compute([a, b], div).data]).toEqual([Infinity, -Infinity, NaN, 1.5]);
  expect([...compute([floatTensor([3], [4, 0, -1])], sqrt).data]).toEqual([2, 0, NaN]);
});

test('shapes that do not broadcast, and integers, are errors', () => {
  const [a, b] = [floatTensor([2, 3], [1, 2, 3, 4, 5, 6]), floatTensor([2, 4], new Float32Array(8))];
  expect(() => compute([a, b], mul)).toThrow(/Mul: \[2, 3\] and \[2, 4\] do not broadcast/);
  expect(() => compute([floatTensor([2], [1, 2]), intTensor([2], [1, 2])], mul)).toThrow(
    /Mul expects its input 1 as float32, but got int32/,
  );
});
