import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { Sigmoid } from './activations.ts';
import { gradientError, randomTensor, run } from './run.ts';

test('the sigmoid of 0 is a half, and large numbers do not overflow', () => {
  const x = floatTensor([6], [0, 2, -2, 1000, -1000, -80]);
  const [y] = run(Sigmoid, [x], {});
  [0.5, 0.8807970779778823, 0.11920292202211755, 1, 0].forEach((expected, i) => {
    expect(y.data[i]).toBeCloseTo(expected, 7);
  });
  expect(y.data[5] / Math.exp(-80)).toBeCloseTo(1, 6);
});

test('its gradient is that of differences', () => {
  expect(gradientError(Sigmoid, [randomTensor([3, 4])], {})).toBeLessThan(1e-3);
});
