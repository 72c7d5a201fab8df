// Tests of elementwise kernels against the reference computation: layouts, halos that differ, every way of broadcasting.
import { describe, expect, test } from 'vitest';
import {
  type Agreement,
  checkAgreement,
  formulaAgreement,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { runKernels, widestTarget } from '../../../../../test/kernels.ts';
import { nativeTest } from '../../../../../test/native.ts';
import * as build from '../../../../expressions/builders.ts';
import { constant, type Expression, operand } from '../../../../expressions/expression.ts';
import type { FunctionName } from '../../../../expressions/functions.ts';
import { functions } from '../../../../expressions/functions.ts';
import { randomTensor } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, scalar, type Tensor } from '../../../../tensor/tensor.ts';
import { batch, type Layout } from '../../compiler/layout.ts';
import { elementwiseRule } from './elementwise.ts';
import { formulaCode } from './formula-code.ts';

const [a, b, c, d] = [0, 1, 2, 3].map(operand);

function pairs(): [Shape, Shape, (Layout | undefined)?, Layout?][] {
  return [
    [
      [2, 3, 5],
      [2, 3, 5],
    ],
    [
      [3, 1, 1],
      [2, 3, 4, 5],
    ],
    [
      [2, 1, 5],
      [3, 1],
    ],
    [[4], [3, 4]],
    [[2, 37], []],
    [[], []],
    [[1, 17], [17]],
    [[2, 40, 3, 5], [2, 40, 3, 5], image, image],
    [[16, 3, 2, 5], [16, 3, 2, 5], batch, batch],
    [[16, 3, 2, 5], [16, 3, 1, 1], batch],
    [[16, 3, 2, 5], [], batch],
    [[16, 3, 2, 5], [3, 1, 1], batch],
    [[2, 17, 3, 5], [], image],
    [[2, 17, 3, 5], [17, 1, 1], image],
    [[2, 17, 3, 5], [1, 17, 1, 1], image],
    [[2, 17, 3, 5], [2, 17, 1, 1], image, image],
    [[2, 1, 3, 5], [2, 17, 3, 1], image, image],
    [[1, 3, 1, 1], [1, 3, 1, 1], image, image],
    [[1, 1, 1, 1], [1, 1, 1, 1], image, image],
    [[3, 5], [2, 3, 3, 5], undefined, image],
    [[4, 3, 5], [2, 4, 3, 5], undefined, image],
    [[2, 1, 4, 3], [1, 4, 3], image],
  ];
}

function binaryCases(halos?: typeof uneven): Agreement[] {
  return pairs().flatMap(([shapeA, shapeB, ofA, ofB], i) => {
    const inputs = [randomTensor(shapeA, `a${i}`), randomTensor(shapeB, `b${i}`)];
    const further = { layouts: [ofA, ofB], ...(halos && { halos }) };
    return [
      formulaAgreement(`subtraction ${i}`, [build.subtract(a, b)], inputs, further),
      formulaAgreement(`product ${i}`, [build.multiply(a, b)], inputs, further),
      formulaAgreement(`quotient ${i}`, [build.divide(a, b)], inputs, further),
      formulaAgreement(`sum and maximum ${i}`, [build.add(a, b), build.max(a, b)], inputs, further),
    ];
  });
}

/** Every function, with formulas that keep zeros and others. */
const formulas: Readonly<Record<FunctionName, Expression>> = {
  add: build.add(a, b),
  subtract: build.subtract(1, a),
  multiply: build.multiply(a, build.multiply(a, b)),
  divide: build.divide(a, build.add(2, build.abs(b))),
  negate: build.negate(a),
  absolute: build.abs(build.subtract(a, b)),
  sign: build.sign(a),
  maximum: build.max(build.max(build.add(a, b), 0), build.max(0.25, a)),
  minimum: build.min(build.min(a, 1), build.min(b, 0)),
  squareRoot: build.sqrt(build.abs(a)),
  exponential: build.exp(a),
  logarithm: build.log(build.add(1, build.abs(a))),
  power: build.pow(build.abs(a), build.add(b, 3)),
  hyperbolicTangent: build.tanh(a),
  logistic: build.sigmoid(a),
  select: build.where(
    build.greater(a, 0.5),
    build.where(build.less(b, a), 0, b),
    build.where(build.less(1, b), b, a),
  ),
};

function functionCases(shape: Shape, layout?: Layout, halos?: typeof uneven): Agreement[] {
  const inputs = [randomTensor(shape, 'a'), randomTensor(shape, 'b')];
  const further = { layouts: [layout, layout], ...(halos && { halos }) };
  return Object.entries(formulas).flatMap(([name, formula]) => [
    formulaAgreement(name, [formula], inputs, further),
    formulaAgreement(`${name} in place`, [formula], inputs, { layouts: [layout, layout], inPlace: [[0, 0]] }),
  ]);
}

nativeTest('two operands, broadcast in every way', async () => {
  await checkAgreement([...binaryCases(), ...binaryCases(uneven)]);
});

nativeTest('every function, in every layout', async () => {
  await checkAgreement([
    ...functionCases([3, 7]),
    ...functionCases([2, 17, 3, 5], image),
    ...functionCases([2, 40, 3, 1], image, uneven),
    ...functionCases([16, 3, 2, 3], batch),
  ]);
});

/** Weight, kept average and gradient lie in the layout of the weight; the numbers are plain. */
function updateCases(shape: Shape, layout?: Layout): Agreement[] {
  const inputs: Tensor[] = [
    ...['weight', 'average', 'gradient'].map((name) => randomTensor(shape, name)),
    scalar(3),
  ];
  const average = build.add(build.multiply(0.9, b), build.multiply(0.1, c));
  const rate = build.divide(0.1, build.subtract(1, build.pow(0.9, d)));
  const step = build.subtract(
    a,
    build.multiply(rate, build.divide(average, build.add(build.sqrt(build.abs(c)), 1e-3))),
  );
  const further = { layouts: [layout, layout, layout] };
  return [
    formulaAgreement('an update', [step, average], inputs, {
      ...further,
      inPlace: [
        [0, 0],
        [1, 1],
      ],
    }),
    formulaAgreement('an exchange', [b, a], inputs.slice(0, 2), {
      ...further,
      inPlace: [
        [0, 0],
        [1, 1],
      ],
    }),
    formulaAgreement('of lanes that are not zero', [build.exp(step), average], inputs, further),
  ];
}

nativeTest('updates in the layouts of weights', async () => {
  await checkAgreement([
    ...updateCases([7]),
    ...updateCases([2, 17, 3, 3], image),
    ...updateCases([17, 5, 3, 3], { kind: 'filter', vectors: 2 }),
    ...updateCases([17, 1, 3, 3], { kind: 'depthwise' }),
  ]);
});

const specialValues = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1, -1, 7];

async function valuesOf(formula: Expression, values: readonly number[]): Promise<number[]> {
  const x = floatTensor([values.length], Float32Array.from(values));
  const attributes = { operator: 'test', formulas: [formula] };
  const testCase = { rule: elementwiseRule, attributes, inputs: [x], outputs: [x] };
  const [[y]] = await runKernels([testCase], widestTarget);
  return Array.from(y.data);
}

nativeTest('NaN and infinity pass through activations as they do in PyTorch', async () => {
  const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: negative } = Number;
  expect(await valuesOf(build.max(a, 0), specialValues)).toEqual([nan, inf, 0, -0, 0, 1, 0, 7]);
  const clipped = build.min(build.max(a, 0), 6);
  expect(await valuesOf(clipped, specialValues)).toEqual([nan, 6, 0, -0, 0, 1, 0, 6]);
  expect(await valuesOf(build.sign(a), specialValues)).toEqual([nan, 1, -1, -0, 0, 1, -1, 1]);
  expect((await valuesOf(build.tanh(a), specialValues)).slice(0, 5)).toEqual([nan, 1, -1, -0, 0]);
  expect((await valuesOf(build.sigmoid(a), specialValues)).slice(0, 3)).toEqual([nan, 1, 0]);
  expect((await valuesOf(build.exp(a), specialValues)).slice(0, 3)).toEqual([nan, inf, 0]);
  expect((await valuesOf(build.abs(a), specialValues)).slice(0, 4)).toEqual([nan, inf, inf, 0]);
  expect(await valuesOf(build.max(a, a), [nan, negative])).toEqual([nan, negative]);
});

nativeTest('tanh, sigmoid and exp are right to the last digits, near 0, too', async () => {
  const values = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 250);
  const points = [...values, ...values.map((value) => value * 1e-4)].map(Math.fround);
  for (const [name, formula] of [
    ['hyperbolicTangent', build.tanh(a)],
    ['logistic', build.sigmoid(a)],
    ['exponential', build.exp(a)],
  ] as const) {
    const found = await valuesOf(formula, points);
    const errors = found.map((value, i) => {
      const exact = functions[name].evaluate(points[i]);
      return exact === 0 ? Math.abs(value) : Math.abs(value - exact) / Math.abs(exact);
    });
    expect(Math.max(...errors), name).toBeLessThan(3e-7);
  }
});

describe('C from formulas', () => {
  const vectors = ['x', 'y'].map((text) => ({ text, isVector: true }));
  const number = { text: 'n[0]', isVector: false };

  test('what is shared is computed once', () => {
    const shared = build.add(a, b);
    expect(formulaCode([build.multiply(shared, build.sigmoid(shared)), shared], vectors)).toMatchObject({
      numbers: '',
      statements: 'const vec part0 = x + y;',
      results: ['part0 * NAME_sigmoid(part0)', 'part0'],
    });
  });

  test('what depends on numbers alone is computed before the loop, in double precision', () => {
    const rate = build.divide(0.1, build.subtract(1, build.pow(0.9, b)));
    expect(formulaCode([build.multiply(rate, a), build.add(a, b)], [vectors[0], number])).toMatchObject({
      numbers: 'const float number0 = 0.1 / (1.0 - pow(0.9, n[0]));\nconst float number1 = n[0];',
      statements: '',
      results: ['number0 * x', 'x + number1'],
    });
  });

  test('constants are written out', () => {
    expect(formulaCode([constant(2), build.max(a, 0)], vectors).results).toEqual([
      'SPLAT(2.0f)',
      'KEEP(~(x < 0.0f), x)',
    ]);
  });
});
