// Tests of the learning-rate range test.
import { expect, test } from 'vitest';
import { tinyData, tinyModel } from '../../test/tiny.ts';
import { TrainingError, UsageError } from '../base/errors.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { momentum } from '../optim/momentum.ts';
import { testRates } from './rate-test.ts';
import { train } from './train.ts';

const usual = { engine, batchSize: 8, optimizer: momentum(), seed: 7 };

test('the rates grow by one factor until the loss explodes, and the suggestion trains', async () => {
  const { points, diverged, suggestion, limit } = await testRates(tinyModel(), tinyData(), {
    ...usual,
    lowest: 1e-4,
    highest: 1e4,
    steps: 60,
  });
  expect(points[0].learningRate).toBe(1e-4);
  expect(points[11].learningRate / points[10].learningRate).toBeCloseTo(10 ** (8 / 59), 10);
  expect(diverged).toBe(true);
  expect(points.length).toBeLessThan(60);
  expect(suggestion).toBeGreaterThan(1e-3);
  expect(suggestion).toBeLessThan(limit);
  const run = { ...usual, learningRate: suggestion, epochs: 12 };
  const { result } = await train(tinyModel(), tinyData({ train: 44 }), run);
  expect(result.valid!.accuracy).toBeGreaterThan(0.8);
});

test('the smoothed loss is the mean of the losses so far, the older the less', async () => {
  const { points } = await testRates(tinyModel(), tinyData(), {
    ...usual,
    lowest: 0.01,
    highest: 0.1,
    steps: 10,
  });
  const [a, b, c] = points.map(({ loss }) => loss) as [number, number, number];
  expect(points[0].smoothed).toBeCloseTo(a, 10);
  expect(points[2].smoothed).toBeCloseTo((0.81 * a + 0.9 * b + c) / 2.71, 10);
});

test('wrong rates, and a loss that does not fall, are errors', async () => {
  const refused = testRates(tinyModel(), tinyData(), { ...usual, lowest: 1, highest: 0.1 });
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(
    'the learning rates go from 1 to 0.1; the highest one must be larger',
  );
  const short = testRates(tinyModel(), tinyData(), { ...usual, steps: 5 });
  await expect(short).rejects.toThrow('steps must be an integer from 10 to 1,000,000, got 5.');
  const wild = testRates(tinyModel(), tinyData(), { ...usual, lowest: 1e6, highest: 1e9, steps: 10 });
  await expect(wild).rejects.toThrow(TrainingError);
  await expect(wild).rejects.toThrow('the loss did not fall');
});
