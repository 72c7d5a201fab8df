import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { clip, relu, relu6, sigmoid } from './activations.ts';
import { compute } from './run.ts';

test('ReLU6 keeps what lies between 0 and 6', () => {
  expect([...compute([floatTensor([6], [-1, 0, 2, 4, 6, 9])], relu6).data]).toEqual([0, 0, 2, 4, 6, 6]);
});

test('NaN stays NaN', () => {
  expect([...compute([floatTensor([2], [NaN, 1])], relu).data]).toEqual([NaN, 1]);
});

test('the sigmoid of 0 is a half, and large numbers do not overflow', () => {
  const { data } = compute([floatTensor([6], [0, 2, -2, 1000, -1000, -80])], sigmoid);
  [0.5, 0.8807970779778823, 0.11920292202211755, 1, 0].forEach((expected, i) => {
    expect(data[i]).toBeCloseTo(expected, 7);
  });
  expect(data[5] / Math.exp(-80)).toBeCloseTo(1, 6);
});

test('an empty interval is an error', () => {
  expect(() => compute([floatTensor([2], [1, 2])], (x) => clip(x, { min: 6, max: 0 }))).toThrow(
    'Clip has min 6 and max 0',
  );
});
