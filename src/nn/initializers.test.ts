import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { Conv2d, Linear, Sequential } from './index.ts';
import { type InitName, initialize, initNames } from './initializers.ts';

/** Fans in and out of the weights: 8 * 25 and 16 * 25; grouped 4 * 9 (or 16 * 9 of all groups) and 128 * 9; 300 and 200. */
const network = () =>
  new Sequential({
    conv: new Conv2d(8, 16, 5),
    grouped: new Conv2d(16, 128, 3, { groups: 4 }),
    fc: new Linear(300, 200),
  });

interface Distribution {
  readonly shape: 'uniform' | 'normal';
  readonly std: number;
}

const zero: Distribution = { shape: 'normal', std: 0 };
const normal = (std: number): Distribution => ({ shape: 'normal', std });
const uniform = (limit: number): Distribution => ({ shape: 'uniform', std: limit / Math.sqrt(3) });

const pytorchBiases = { 'grouped.bias': uniform(1 / Math.sqrt(36)), 'fc.bias': uniform(1 / Math.sqrt(300)) };
const zeroBiases = { 'grouped.bias': zero, 'fc.bias': zero };
const pytorchLinear = { 'fc.weight': uniform(1 / Math.sqrt(300)) };
const kaimingNormal = {
  'conv.weight': normal(Math.sqrt(2 / (16 * 25))),
  'grouped.weight': normal(Math.sqrt(2 / (128 * 9))),
};

/** What the definitions say. */
const definitions: Record<InitName, Record<string, Distribution>> = {
  paddle: {
    'conv.weight': normal(Math.sqrt(2 / (8 * 25))),
    'grouped.weight': normal(Math.sqrt(2 / (16 * 9))),
    'fc.weight': uniform(Math.sqrt(6 / (300 + 200))),
    ...zeroBiases,
  },
  pytorch: {
    'conv.weight': uniform(1 / Math.sqrt(8 * 25)),
    'grouped.weight': uniform(1 / Math.sqrt(4 * 9)),
    ...pytorchLinear,
    ...pytorchBiases,
  },
  xavier: {
    'conv.weight': uniform(Math.sqrt(6 / (8 * 25 + 16 * 25))),
    'grouped.weight': uniform(Math.sqrt(6 / (4 * 9 + 128 * 9))),
    'fc.weight': uniform(Math.sqrt(6 / (300 + 200))),
    ...zeroBiases,
  },
  kaiming: { ...kaimingNormal, ...pytorchLinear, ...pytorchBiases },
  'kaiming-normal': { ...kaimingNormal, 'fc.weight': normal(0.01), ...zeroBiases },
  'kaiming-uniform': {
    'conv.weight': uniform(Math.sqrt(6 / (8 * 25))),
    'grouped.weight': uniform(Math.sqrt(6 / (4 * 9))),
    'fc.weight': normal(0.01),
    ...zeroBiases,
  },
  efficientnet: { ...kaimingNormal, 'fc.weight': uniform(1 / Math.sqrt(200)), ...zeroBiases },
  normal: {
    'conv.weight': normal(0.01),
    'grouped.weight': normal(0.01),
    'fc.weight': normal(0.01),
    ...pytorchBiases,
  },
};

test.each(initNames)('%s draws values with the root mean square of its formulas', (initializer) => {
  const values = initialize(network(), initializer, 1);
  for (const [name, { shape, std }] of Object.entries(definitions[initializer])) {
    const { data } = values.get(name)!;
    const drawn = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    const largest = data.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 0);
    // Four times the standard deviation of an estimate from this many values.
    expect(Math.abs(drawn - std), `std of ${name}`).toBeLessThanOrEqual(
      (4 * std) / Math.sqrt(2 * data.length),
    );
    const limit = Math.sqrt(3) * std;
    if (shape === 'uniform') expect(largest, `largest of ${name}`).toBeLessThanOrEqual(limit * (1 + 1e-7));
    if (shape === 'normal' && data.length > 1000) expect(largest).toBeGreaterThanOrEqual(limit);
  }
});

test('values depend on the seed', () => {
  const draw = (seed: number) => initialize(network(), 'paddle', seed).get('conv.weight')!.data;
  expect(draw(1)).toEqual(draw(1));
  expect(draw(2)).not.toEqual(draw(1));
});

test('a value is a function of the seed, the name of the parameter and the index', () => {
  const values = initialize(network(), 'kaiming', 3);
  const convolution = new RandomStream(3, 'init conv.weight');
  const linear = new RandomStream(3, 'init fc.weight');
  for (const index of [0, 1, 2, 3, 1001]) {
    expect(values.get('conv.weight')!.data[index]).toBe(
      Math.fround(Math.sqrt(2 / 400) * convolution.normal(index)),
    );
    expect(values.get('fc.weight')!.data[index]).toBe(
      Math.fround((2 * linear.uniform(index) - 1) / Math.sqrt(300)),
    );
  }
});

test('given values are kept', () => {
  const given = new Map([['fc.bias', floatTensor([200], new Float32Array(200).fill(7))]]);
  const drawn = initialize(network(), 'pytorch', 1);
  const values = initialize(network(), 'pytorch', 1, given);
  expect(values.get('fc.bias')).toBe(given.get('fc.bias'));
  expect(values.get('conv.bias')).toEqual(drawn.get('conv.bias'));
  expect([...values.keys()]).toEqual([...drawn.keys()]);
});
