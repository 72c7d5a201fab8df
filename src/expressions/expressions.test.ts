import { describe, expect, test } from 'vitest';
import {
  add,
  divide,
  exp,
  greater,
  less,
  log,
  max,
  min,
  multiply,
  sigmoid,
  sqrt,
  subtract,
  tanh,
  where,
} from './builders.ts';
import { gradient } from './derivative.ts';
import { evaluate } from './evaluate.ts';
import { constant, type Expression, formatExpression, operand } from './expression.ts';
import { compose, keepsZero } from './simplify.ts';

const x = operand(0);
const [dy, y] = [operand(1), operand(2)];
const format = (expression: Expression) =>
  formatExpression(expression).replaceAll('x0', 'x').replaceAll('x1', 'dy').replaceAll('x2', 'y');

describe('gradients', () => {
  test.each([
    ['Relu', max(x, 0), 'select(y, 0, dy, 0)'],
    ['Clip', min(max(x, 0), 6), 'select(6, y, select(y, 0, dy, 0), 0)'],
    ['Sigmoid', sigmoid(x), 'multiply(dy, multiply(y, subtract(1, y)))'],
    ['Tanh', tanh(x), 'multiply(dy, subtract(1, multiply(y, y)))'],
    ['Exp', exp(x), 'multiply(dy, y)'],
    ['Sqrt', sqrt(x), 'multiply(dy, divide(0.5, y))'],
    ['identity', x, 'dy'],
    ['a constant', constant(3), '0'],
    ['LeakyRelu', where(greater(x, 0), x, multiply(0.1, x)), 'select(x, 0, dy, multiply(dy, 0.1))'],
  ])('%s', (_, formula, expected) => {
    expect(format(gradient(formula, 0, { outputGradient: dy, output: y }))).toBe(expected);
  });

  test.each([
    ['a product', multiply(x, multiply(x, x))],
    ['a quotient', divide(x, add(2, multiply(x, x)))],
    ['Silu', multiply(x, sigmoid(x))],
    ['a selection', where(less(x, 0.3), multiply(x, x), sqrt(add(x, 1)))],
    ['a clamped product', multiply(x, min(max(add(x, 3), 0), 6))],
    ['a maximum of equal values', max(x, max(x, multiply(x, -1)))],
    ['a minimum of equal values', multiply(2, min(x, x))],
  ])('%s, against finite differences', (_, formula) => {
    const value = (at: number) => evaluate([formula], [at], 1)[0] as number;
    for (const at of [-2.2, -0.5, 0.2, 0.9, 3.5]) {
      const difference = (value(at + 1e-6) - value(at - 1e-6)) / 2e-6;
      const exact = gradient(formula, 0, { outputGradient: constant(1), output: y });
      if (Number.isFinite(difference))
        expect(evaluate([exact], [at, 1, value(at)], 1)[0]).toBeCloseTo(difference, 6);
    }
  });
});

test('sums with 0, products with 0 and 1, and constants are simplified', () => {
  expect([add(x, 0), multiply(1, x), multiply(x, 0), subtract(0, x), add(2, 3)].map(format)).toEqual([
    'x',
    'x',
    '0',
    'negate(x)',
    '5',
  ]);
});

test('formulas are composed', () => {
  expect(format(compose(max(x, 0), [add(operand(0), operand(1))]))).toBe('maximum(add(x, dy), 0)');
});

test('formulas that map zeros to zero are recognized', () => {
  const all = () => true;
  expect(keepsZero(max(x, 0), all)).toBe(true);
  expect(keepsZero(sigmoid(x), all)).toBe(false);
  expect(keepsZero(divide(operand(0), operand(1)), all)).toBe(false);
  expect(keepsZero(divide(operand(0), add(sqrt(operand(1)), 1e-8)), all)).toBe(true);
  expect(keepsZero(multiply(operand(0), operand(1)), (i) => i === 1)).toBe(true);
  expect(keepsZero(add(operand(0), operand(1)), (i) => i === 1)).toBe(false);
});

test('gradients of maxima do not depend on the rounding of the output', () => {
  // In single precision the maximum is 0.1, less than the limit in double precision, or more than 0.7.
  for (const limit of [0.1, 0.7]) {
    const slope = gradient(min(x, limit), 0, { outputGradient: dy, output: y });
    expect(evaluate([slope], [2, 1, Math.fround(limit)], 1)).toEqual([0]);
  }
  const [a, b] = [multiply(x, x), multiply(x, 1.1)];
  const slope = gradient(max(a, b), 0, { outputGradient: constant(1), output: y });
  for (const at of [0.3, 0.4, 0.5, 0.6])
    expect(evaluate([slope], [at, 1, Math.fround(1.1 * at)], 1)[0]).toBeCloseTo(1.1);
});

test('zero times infinity is not zero', () => {
  const all = () => true;
  expect(keepsZero(multiply(x, log(x)), all)).toBe(false);
  expect(keepsZero(multiply(x, log(add(x, 1))), all)).toBe(true);
});

test('maxima and minima propagate NaN', () => {
  expect(evaluate([max(x, 0), min(x, 6)], [Number.NaN], 1)).toEqual([Number.NaN, Number.NaN]);
});
