import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { compute, gradientError, randomTensor, run } from './run.ts';
import { Softmax, softmax } from './softmax.ts';

test('probabilities add up to 1 along the axis, however large the scores', () => {
  const x = floatTensor([2, 3], [0, Math.log(2), Math.log(5), 1000, 1000, -1000]);
  const y = compute([x], (v) => softmax(v));
  [1 / 8, 2 / 8, 5 / 8, 0.5, 0.5, 0].forEach((expected, i) => {
    expect(y.data[i]).toBeCloseTo(expected, 6);
  });
});

test('any axis can hold the classes', () => {
  const [y] = run(Softmax, [randomTensor([2, 3, 4])], { axis: 1 });
  for (const at of [0, 3, 12, 15]) {
    expect(y.data[at] + y.data[at + 4] + y.data[at + 8]).toBeCloseTo(1, 6);
  }
});

test.each([0, 1, 2])('its gradient along axis %i matches finite differences', (axis) => {
  expect(gradientError(Softmax, [randomTensor([2, 3, 4])], { axis })).toBeLessThan(1e-3);
});

test('an axis that the shape lacks is an error', () => {
  expect(() => Softmax.infer([floatType([2, 3])], { axis: -1 })).toThrow(
    /Softmax has no axis -1 in shape \[2, 3\]/,
  );
});
