import { expect, test } from 'vitest';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { Concat, concat } from './concat.ts';
import { compute, gradientError, randomTensor, run } from './run.ts';

test('channels follow each other in the order of the inputs', () => {
  const a = floatTensor([2, 1, 1, 2], [1, 2, 3, 4]);
  const b = floatTensor([2, 2, 1, 2], [10, 20, 30, 40, 50, 60, 70, 80]);
  const y = compute([a, b], (...inputs) => concat(inputs));
  expect(y.shape).toEqual([2, 3, 1, 2]);
  expect([...y.data]).toEqual([1, 2, 10, 20, 30, 40, 3, 4, 50, 60, 70, 80]);
});

test('integers stay integers', () => {
  expect(run(Concat, [intTensor([1], [1]), intTensor([2], [2, 3])], { axis: 0 })).toEqual([
    intTensor([3], [1, 2, 3]),
  ]);
});

test('its gradients match finite differences', () => {
  const inputs = [1, 3, 2].map((extent, i) => randomTensor([2, extent, 2], `input ${i}`));
  expect(gradientError(Concat, inputs, { axis: 1 })).toBeLessThan(1e-3);
});

test('inputs that differ elsewhere, and none at all, are errors', () => {
  expect(() => Concat.infer([floatType([1, 2, 4, 4]), floatType([1, 3, 4, 5])], { axis: 1 })).toThrow(
    /cannot concatenate \[1, 2, 4, 4\], \[1, 3, 4, 5\] along axis 1/,
  );
  expect(() => Concat.infer([floatType([2, 2]), floatType([2])], { axis: 1 })).toThrow(
    /cannot concatenate \[2, 2\], \[2\] along axis 1/,
  );
  expect(() => concat([])).toThrow('concat got no inputs');
});
