import { describe, expect, test } from 'vitest';
import { abs, add, divide, multiply } from '../expressions/builders.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { elementwise } from './elementwise.ts';
import { gradientError, randomTensor, run } from './run.ts';

const Softsign = elementwise({
  name: 'Softsign',
  operands: ['x'],
  formula: ({ x }) => divide(x, add(1, abs(x))),
});

const Blend = elementwise({
  name: 'Blend',
  operands: ['a', 'b'],
  formula: ({ a, b }, { weight }: { readonly weight: number }) =>
    add(multiply(weight, a), multiply(1 - weight, b)),
});

describe('an operator from its formula', () => {
  test('is computed', () => {
    expect([...run(Softsign, [floatTensor([3], [1, 0, -3])], {})[0].data]).toEqual([0.5, 0, -0.75]);
  });

  test('has a gradient that matches finite differences, also of broadcast operands', () => {
    expect(gradientError(Softsign, [randomTensor([3, 4])], {})).toBeLessThan(1e-3);
    const inputs = [randomTensor([2, 3, 1], 'a'), randomTensor([3, 4], 'b')];
    expect(gradientError(Blend, inputs, { weight: 0.3 })).toBeLessThan(1e-3);
  });

  test('computes large tensors in chunks', () => {
    const size = 10_000;
    const x = floatTensor(
      [size, 1],
      Float32Array.from({ length: size }, (_, i) => i - 5000),
    );
    const [y] = run(Blend, [x, floatTensor([1], [2])], { weight: 0.5 });
    expect([y.data[0], y.data[size - 1]]).toEqual([-2499, 2500.5]);
  });
});
