import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { Pad, pad } from './pad.ts';
import { compute, gradientError, randomTensor } from './run.ts';

test('a border of zeros, or of another value', () => {
  const x = floatTensor([1, 2], [1, 2]);
  const y = compute([x], (v) => pad(v, { pads: [1, 0, 0, 2] }));
  expect(y.shape).toEqual([2, 4]);
  expect([...y.data]).toEqual([0, 0, 0, 0, 1, 2, 0, 0]);
  expect([...compute([x], (v) => pad(v, { pads: [0, 1, 0, 0], value: 9 })).data]).toEqual([9, 1, 2]);
});

test('its gradient matches finite differences', () => {
  const attributes = { pads: [0, 2, 1, 1, 0, 2], value: 3 };
  expect(gradientError(Pad, [randomTensor([2, 2, 3])], attributes)).toBeLessThan(1e-3);
});

test('negative widths, or too few of them, are an error', () => {
  expect(() => Pad.infer([floatType([2, 2])], { pads: [0, -1, 0, 0], value: 0 })).toThrow(
    /Pad got pads \[0, -1, 0, 0\] for shape \[2, 2\]; expected 4 non-negative integers/,
  );
  expect(() => Pad.infer([floatType([2, 2])], { pads: [1, 1], value: 0 })).toThrow(
    /expected 4 non-negative integers/,
  );
});
