// How images get to training: workers and caches change nothing, balance changes the order and is kept with the run.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interruptAfter, tinyData, tinyModel } from '../../test/tiny.ts';
import { loadCheckpoint } from '../checkpoints/checkpoint.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { FileDataset } from '../data/file-dataset.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { encodePng } from '../image/encode.ts';
import type { TrainOptions } from './options.ts';
import { resumeTraining } from './resume.ts';
import { readConfig } from './run-files.ts';
import { train } from './train.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-loading-'));
});
afterEach(() => rm(folder, { recursive: true }));

const usual: TrainOptions = { engine, epochs: 2, batchSize: 8, learningRate: 0.05, seed: 7 };

/** The tiny images, each in a file of its own. */
async function tinyFiles(): Promise<SplitDataset> {
  const data = tinyData();
  const part = async (name: 'train' | 'valid' | 'test') => {
    const dataset = data.splits[name];
    const files = [];
    for (let index = 0; index < dataset.length; index++) {
      const { image, label } = await dataset.get(index);
      const path = join(folder, `${name}-${index}.png`);
      await writeFile(path, await encodePng(image));
      files.push({ path, label });
    }
    return new FileDataset(data.classes, files);
  };
  const splits = { train: await part('train'), valid: await part('valid'), test: await part('test') };
  return { ...data, splits };
}

test('a run over files is the run over memory, with any number of workers and with a cache', async () => {
  const memory = await train(tinyModel(), tinyData(), usual);
  const files = await tinyFiles();
  for (const loading of [{ workers: 0 }, { workers: 2 }, { workers: 1, cacheBytes: 1000 }]) {
    const { checkpoint } = await train(tinyModel(), files, { ...usual, ...loading });
    expect(checkpoint.weights).toEqual(memory.checkpoint.weights);
  }
  const alone = await evaluate(memory.checkpoint, files.splits.test, { engine, workers: 0 });
  expect(await evaluate(memory.checkpoint, files.splits.test, { engine, workers: 2 })).toEqual(alone);
});

test('an interrupted run is resumed with class-balanced sampling', async () => {
  const whole = await train(tinyModel(), tinyData(), { ...usual, balance: true });
  const plain = await train(tinyModel(), tinyData(), usual);
  expect(plain.checkpoint.weights).not.toEqual(whole.checkpoint.weights);

  const out = join(folder, 'run');
  const options = { ...usual, balance: true, out, ...interruptAfter(4) };
  expect((await train(tinyModel(), tinyData(), options)).result.interrupted).toBe(true);
  expect(await readConfig(out)).toMatchObject({ recipe: { balance: true } });
  const last = await loadCheckpoint(join(out, 'last.safetensors'), { model: tinyModel() });
  expect(last.training?.recipe.balance).toBe(true);
  const resumed = await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  expect(resumed.checkpoint.weights).toEqual(whole.checkpoint.weights);
});
