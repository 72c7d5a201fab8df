// Comparing and timing engines.
import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { createModel } from '../models/zoo.ts';
import { floatTensor, type Tensor } from '../tensor/tensor.ts';
import { bench } from './bench.ts';
import { verifyEngines } from './verify.ts';

const model = createModel('lenet5', { input: [1, 32, 32] });

/** The reference engine under another name, with one of its results changed. */
function altered(result: string, change: (value: number) => number): Engine {
  return {
    ...referenceEngine,
    name: 'altered',
    async compile(program, state) {
      const executable = await referenceEngine.compile(program, state);
      return {
        program,
        run: async (feeds) => changed(await executable.run(feeds), result, change),
        dispose: () => executable.dispose(),
      };
    },
  };
}

function changed(results: Record<string, Tensor>, name: string, change: (value: number) => number) {
  const tensor = results[name];
  return tensor
    ? { ...results, [name]: floatTensor(tensor.shape, Float32Array.from(tensor.data, change)) }
    : results;
}

test('an engine agrees with itself, exactly', async () => {
  const twin = altered('logits', (value) => value);
  const result = await verifyEngines(model, [referenceEngine, twin], { batchSize: 2, seed: 1 });
  expect(result).toMatchObject({ model: 'lenet5', input: [2, 1, 32, 32], engines: ['reference', 'altered'] });
  expect(result.forward).toEqual([{ pair: ['reference', 'altered'], maxAbs: 0, maxRel: 0 }]);
  expect(result.gradients[0]!.worst.maxRel).toBe(0);
  expect(result.holds).toBe(true);
});

test('a difference in the logits is found and measured', async () => {
  const other = altered('logits', (value) => value * 1.001);
  const { forward, holds } = await verifyEngines(model, [referenceEngine, other], { batchSize: 2, seed: 1 });
  expect(forward[0]!.maxRel).toBeCloseTo(0.001, 6);
  expect(holds).toBe(false);
});

test('the parameter whose gradient differs is named', async () => {
  const other = altered('gradient fc1.weight', (value) => value + 1);
  const { gradients, holds } = await verifyEngines(model, [referenceEngine, other], {
    batchSize: 2,
    seed: 1,
  });
  expect(gradients[0]!.worst.name).toBe('fc1.weight');
  expect(holds).toBe(false);
});

test('a value that is not a number never holds', async () => {
  const other = altered('logits', () => Number.NaN);
  const { forward, holds } = await verifyEngines(model, [referenceEngine, other], { batchSize: 1, seed: 1 });
  expect(forward[0]!.maxRel).toBe(Number.POSITIVE_INFINITY);
  expect(holds).toBe(false);
});

test('one engine is no comparison', async () => {
  const verification = verifyEngines(model, [referenceEngine], { batchSize: 1, seed: 0 });
  await expect(verification).rejects.toThrow(/two different engines/);
});

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

test('where a network magnifies rounding, its own rounding error is the measure', async () => {
  const narrow = createModel('resnet20-cifar', { classes: 3, input: [3, 8, 8] });
  const other = altered('gradient layer3.2.conv2.weight', (value) => value * (1 + 3e-4));
  const { rounding, bounds } = await verifyEngines(narrow, [referenceEngine, other], {
    batchSize: 4,
    seed: 0,
  });
  expect(rounding!.gradients).toBeGreaterThan(1e-7);
  expect(bounds.gradients).toBe(Math.max(1e-4, 10 * rounding!.gradients));
});
