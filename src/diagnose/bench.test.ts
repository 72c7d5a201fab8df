// Timing the steps of a model.
import { expect, test } from 'vitest';
import { referenceEngine } from '../engines/reference/index.ts';
import { createModel } from '../models/index.ts';
import { bench } from './bench.ts';

const model = createModel('lenet5', { input: [1, 32, 32] });

test.each(['train', 'infer'] as const)('bench times %s steps', async (mode) => {
  const seen: number[] = [];
  const onStep = (done: number) => seen.push(done);
  const result = await bench(mode, model, referenceEngine, { batchSize: 2, steps: 3, warmUp: 1, onStep });
  expect(result).toMatchObject({
    mode,
    model: 'lenet5',
    input: [2, 1, 32, 32],
    engine: 'reference',
    steps: 3,
  });
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(result.minMs).toBeLessThanOrEqual(result.medianMs);
  expect(result.imagesPerSecond).toBeCloseTo(2000 / result.medianMs, 6);
  expect(result.peakRssBytes).toBeGreaterThan(2 ** 24);
});
