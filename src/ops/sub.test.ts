import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { Sub, sub } from './arithmetic.ts';
import { compute, gradientError, randomTensor } from './run.ts';

test('differences broadcast where an extent is 1', () => {
  const y = compute([floatTensor([2], [1, 2]), floatTensor([2, 1], [10, 20])], sub);
  expect([...y.data]).toEqual([-9, -8, -19, -18]);
});

test('its gradients are those of differences', () => {
  expect(gradientError(Sub, [randomTensor([2, 1, 3], 'a'), randomTensor([4, 1], 'b')], {})).toBeLessThan(
    1e-3,
  );
});
