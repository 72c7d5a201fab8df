// A run with all kinds of state, interrupted while gradients are accumulated, on every engine.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adagrad } from '../src/optim/adagrad.ts';
import { adamw } from '../src/optim/adam.ts';
import { lamb } from '../src/optim/lamb.ts';
import { lion } from '../src/optim/lion.ts';
import { rmsprop } from '../src/optim/rmsprop.ts';
import { resumeTraining, train } from '../src/train/index.ts';
import { testedEngines } from './engines.ts';
import { interruptAfter, tinyData, tinyModel } from './tiny.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-resume-'));
});
afterEach(() => rm(folder, { recursive: true }));

const recipe = {
  epochs: 4,
  batchSize: 8,
  learningRate: 0.02,
  evaluateEvery: 2,
  schedule: { name: 'one-cycle', warmup: '2steps' },
  update: { decay: 'weights', clipNorm: 0.3, accumulate: 3, ema: 0.9 },
} as const;

const optimizers = [adamw(), rmsprop({ momentum: 0.9, weightDecay: 0.01 }), adagrad(), lion(), lamb()];
const rows = testedEngines.flatMap((engine) => optimizers.map((optimizer) => ({ engine, optimizer })));

test.each(rows)('$engine.name resumes $optimizer.name to the same bits', async ({ engine, optimizer }) => {
  const [whole, out] = [join(folder, 'whole'), join(folder, 'interrupted')];
  await train(tinyModel(), tinyData(), { ...recipe, optimizer, engine, out: whole });
  await train(tinyModel(), tinyData(), { ...recipe, optimizer, engine, out, ...interruptAfter(7) });
  const { result } = await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  expect(result.steps).toBe(12);
  for (const file of ['last.safetensors', 'best.safetensors']) {
    expect(await readFile(join(out, file))).toEqual(await readFile(join(whole, file)));
  }
});
