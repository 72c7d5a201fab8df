// Runs that are interrupted or killed, and resumed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interruptAfter, tinyData, tinyDataset, tinyModel } from '../../test/tiny.ts';
import { loadCheckpoint } from '../checkpoints/checkpoint.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { adam } from '../optim/adam.ts';
import { momentum } from '../optim/momentum.ts';
import { sgd } from '../optim/sgd.ts';
import { earlyStopping } from './early-stopping.ts';
import type { Listener, TrainEvent } from './events.ts';
import type { TrainOptions } from './options.ts';
import { resumeTraining } from './resume.ts';
import { readConfig, readEvents } from './run-files.ts';
import { train } from './train.ts';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-train-'));
  out = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true }));

// 22 images in batches of 8: two full ones, and one of 6.
const usual: TrainOptions = {
  engine,
  epochs: 3,
  batchSize: 8,
  optimizer: momentum(),
  learningRate: 0.05,
  seed: 7,
};

function load(name: 'best' | 'last') {
  return loadCheckpoint(join(out, `${name}.safetensors`), { model: tinyModel() });
}

test.each([
  ['sgd', sgd()],
  ['adam', adam({ weightDecay: 0.01 })],
])(
  'an interrupted and resumed run ends with the weights of an uninterrupted one (%s)',
  async (_, optimizer) => {
    const options = { ...usual, optimizer, evaluateEvery: 2 };
    const whole = join(folder, 'whole');
    await train(tinyModel(), tinyData(), { ...options, out: whole });
    const { result } = await train(tinyModel(), tinyData(), { ...options, out, ...interruptAfter(4) });
    expect(result).toMatchObject({ interrupted: true, steps: 4 });
    expect(result).not.toHaveProperty('test');
    const again = await resumeTraining(out, tinyData(), { engine, model: tinyModel(), ...interruptAfter(5) });
    expect(again.result.steps).toBe(5);
    const resumed = await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
    expect(resumed.result).toMatchObject({ interrupted: false, steps: 9 });
    for (const name of ['last', 'best']) {
      const file = `${name}.safetensors`;
      expect(await readFile(join(out, file))).toEqual(await readFile(join(whole, file)));
    }
  },
);

test('a killed run is resumed from its last checkpoint, and its events have each step once', async () => {
  const whole = join(folder, 'whole');
  await train(tinyModel(), tinyData(), { ...usual, out: whole, logEvery: 1 });
  const dies: Listener = (event) => {
    if (event.type === 'logged' && event.step === 5) throw new Error('killed');
  };
  const options = { ...usual, out, logEvery: 1, listeners: [dies] };
  await expect(train(tinyModel(), tinyData(), options)).rejects.toThrow('killed');
  expect((await readEvents(out)).at(-1)).toMatchObject({ type: 'failed', message: 'killed' });
  await writeFile(join(out, 'events.jsonl'), '{"type":"logged","st', { flag: 'a' });
  await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  expect(await readFile(join(out, 'last.safetensors'))).toEqual(
    await readFile(join(whole, 'last.safetensors')),
  );
  const logged = (await readEvents(out)).flatMap((event) => (event.type === 'logged' ? [event.step] : []));
  expect(logged).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a finished run is resumed for more epochs', async () => {
  const whole = join(folder, 'whole');
  await train(tinyModel(), tinyData(), { ...usual, epochs: 4, out: whole });
  await train(tinyModel(), tinyData(), { ...usual, out });
  const { result } = await resumeTraining(out, tinyData(), { engine, model: tinyModel(), epochs: 4 });
  expect(result.steps).toBe(12);
  expect((await load('last')).weights).toEqual(
    (await loadCheckpoint(join(whole, 'last.safetensors'), { model: tinyModel() })).weights,
  );
});

test('a run that ended in a smaller update resumes as a run that was longer from the start', async () => {
  const whole = join(folder, 'whole');
  const options = { ...usual, update: { accumulate: 2 } }; // Updates of 2 batches and 1.
  await train(tinyModel(), tinyData(), { ...options, epochs: 4, out: whole });
  await train(tinyModel(), tinyData(), { ...options, out });
  await resumeTraining(out, tinyData(), { engine, model: tinyModel(), epochs: 4 });
  expect((await load('last')).weights).toEqual(
    (await loadCheckpoint(join(whole, 'last.safetensors'), { model: tinyModel() })).weights,
  );
});

test('a function gives the learning rate of every step, and is needed again to resume', async () => {
  const events: TrainEvent[] = [];
  const listener: Listener = (event) => {
    events.push(event);
  };
  const learningRate = (step: number) => 0.1 / (1 + step);
  await train(tinyModel(), tinyData(), {
    ...usual,
    out,
    epochs: 1,
    logEvery: 1,
    learningRate,
    listeners: [listener],
  });
  const rates = events.flatMap((event) => (event.type === 'logged' ? [event.learningRate] : []));
  expect(rates).toEqual([0.1, 0.1 / 2, 0.1 / 3]);
  const options = { engine, model: tinyModel() };
  await expect(resumeTraining(out, tinyData(), options)).rejects.toThrow(
    /used a function for the learning rate.*give it as learningRate/,
  );
  await resumeTraining(out, tinyData(), { ...options, learningRate });
});

const schedules: [string, TrainOptions['schedule']][] = [
  ['a plateau', { name: 'plateau', patience: 0, factor: 0.5, threshold: 0.05, cooldown: 1 }],
  ['one cycle', { name: 'one-cycle', warmup: '2steps' }],
];

test.each(schedules)('an interrupted run is resumed with its schedule: %s', async (_, schedule) => {
  const options = { ...usual, ...(schedule && { schedule }), evaluateEvery: 1, logEvery: 1 };
  const whole = join(folder, 'whole');
  const events: TrainEvent[] = [];
  const listener: Listener = (event) => {
    events.push(event);
  };
  await train(tinyModel(), tinyData(), { ...options, out: whole, listeners: [listener] });
  await train(tinyModel(), tinyData(), { ...options, out, ...interruptAfter(5) });
  await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  const last = await readFile(join(out, 'last.safetensors'));
  expect(last).toEqual(await readFile(join(whole, 'last.safetensors')));
  const rates = events.flatMap((event) => (event.type === 'logged' ? [event.learningRate] : []));
  expect(new Set(rates).size).toBeGreaterThan(2);
});

test('an interrupted run is resumed in the middle of an update, with its EMA and frozen parameters', async () => {
  const update = { decay: 'weights', clipNorm: 0.5, accumulate: 3, ema: 0.9 } as const;
  const options = { ...usual, optimizer: adam(), update, freeze: ['conv', 'bn'], evaluateEvery: 2 };
  const whole = join(folder, 'whole');
  await train(tinyModel(), tinyData(), { ...options, out: whole });
  await train(tinyModel(), tinyData(), { ...options, out, ...interruptAfter(4) });
  const start = await load('last');
  const kept = ['average', 'mean', 'square', 'sum'].flatMap((what) =>
    ['bias', 'weight'].map((name) => `optimizer.${what}.fc.${name}`),
  );
  expect([...start.optimizer!.keys()].sort()).toEqual(kept);
  await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  for (const file of ['last.safetensors', 'best.safetensors']) {
    expect(await readFile(join(out, file))).toEqual(await readFile(join(whole, file)));
  }
});

test('a run that was killed when early stopping had ended it is tested, and not trained on', async () => {
  const stopping = () => earlyStopping({ patience: 1 });
  const killed: Listener = (event) => {
    if (event.type === 'evaluated' && event.split === 'test') throw new Error('killed');
  };
  const options = { ...usual, out, learningRate: 0, epochs: 9 };
  const run = train(tinyModel(), tinyData(), { ...options, listeners: [stopping(), killed] });
  await expect(run).rejects.toThrow('killed');
  const model = tinyModel();
  const { result } = await resumeTraining(out, tinyData(), { engine, model, listeners: [stopping()] });
  expect(result).toMatchObject({ steps: 6, test: { count: 7 } });
});

test('a run is not resumed with other data', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  await expect(resumeTraining(out, tinyData({ train: 21 }), { engine, model: tinyModel() })).rejects.toThrow(
    /trained on 22 images of tiny data \(classes top, middle, bottom\), but got 21 images of tiny data/,
  );
});

test('changed images of the same number are refused, unless they are allowed, which the run records', async () => {
  const data = tinyData();
  const changed = { ...data, splits: { ...data.splits, train: tinyDataset(9, 22) } };
  await train(tinyModel(), data, { ...usual, out, ...interruptAfter(4) });
  const resumed = { engine, model: tinyModel() };
  await expect(resumeTraining(out, changed, resumed)).rejects.toThrow(
    /^tiny data has changed since the run started: train: images or labels differ\. Give the same data to resume\. Or allow it \(--allow-changed-data, allowChangedData\)/,
  );
  await resumeTraining(out, changed, { ...resumed, allowChangedData: true, ...interruptAfter(5) });
  expect((await readEvents(out)).find(({ type }) => type === 'warned')).toMatchObject({
    step: 4,
    message: expect.stringContaining('the data have changed since the run started'),
  });
  expect(await readConfig(out)).toMatchObject({
    dataChanges: [{ step: 4, differences: ['train: images or labels differ'] }],
  });
  await resumeTraining(out, changed, resumed); // The data that it went on with are its data now.
});

test('another number of images is allowed on request, other classes are not', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  const options = { engine, model: tinyModel(), allowChangedData: true, epochs: 2 };
  const { result } = await resumeTraining(out, tinyData({ train: 30 }), options);
  expect(result.steps).toBe(8);
  expect(await readConfig(out)).toMatchObject({ data: { images: { train: 30 } } });
  const data = tinyData();
  const renamed = { ...data, classes: ['a', 'b', 'c'] };
  await expect(resumeTraining(out, renamed, options)).rejects.toThrow(/classes top, middle, bottom.*but got/);
});

test('a run of before fingerprints were kept is resumed', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, ...interruptAfter(4) });
  const config = await readConfig(out);
  const { checksums: _, ...rest } = config.data as Record<string, unknown>;
  await writeFile(join(out, 'config.json'), JSON.stringify({ ...config, data: rest }));
  const data = { ...tinyData(), splits: { ...tinyData().splits, train: tinyDataset(9, 22) } };
  expect((await resumeTraining(out, data, { engine, model: tinyModel() })).result.steps).toBe(9);
});

const lengthening: [string, TrainOptions['schedule'], boolean][] = [
  ['one-cycle', { name: 'one-cycle' }, true],
  ['cosine', { name: 'cosine', warmup: '2steps' }, true],
  ['step', { name: 'step', every: '1epochs' }, false],
  ['constant', { name: 'constant' }, false],
];

test.each(lengthening)(
  'more epochs of a finished %s run warn if they raise the rate',
  async (_, schedule, warns) => {
    await train(tinyModel(), tinyData(), { ...usual, ...(schedule && { schedule }), out, epochs: 2 });
    await resumeTraining(out, tinyData(), { engine, model: tinyModel(), epochs: 4 });
    const warnings = (await readEvents(out)).filter(({ type }) => type === 'warned');
    expect(warnings.length).toBe(warns ? 1 : 0);
    if (warns) {
      expect(warnings[0]).toMatchObject({
        step: 6,
        message: expect.stringMatching(/^the learning rate rises from .* now lasts 4 epochs instead of 2\./),
      });
    }
  },
);

test('a run that continued after diverging is resumed only with whenDiverged: continue', async () => {
  const learningRate = (step: number) => (step < 2 ? 0.05 : 1e38);
  const options = { learningRate, whenDiverged: 'continue' } as const;
  await train(tinyModel(), tinyData(), { ...usual, ...options, out, ...interruptAfter(5) });
  const resumed = { engine, model: tinyModel(), learningRate };
  await expect(resumeTraining(out, tinyData(), resumed)).rejects.toThrow(
    /last\.safetensors: \d+ of its \d+ tensors of weights hold NaN or infinite values/,
  );
  const { result } = await resumeTraining(out, tinyData(), { ...resumed, ...options });
  expect(result.steps).toBe(9);
});

test('a flipped bit in the last checkpoint is found when the run is resumed', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, ...interruptAfter(4) });
  const path = join(out, 'last.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 100] ^= 0x10;
  await writeFile(path, bytes);
  await expect(resumeTraining(out, tinyData(), { engine, model: tinyModel() })).rejects.toThrow(
    /last\.safetensors: is damaged: the checksum of tensor .* does not match.*copy a kept checkpoint \(step-\.\.\.\) over it/,
  );
});

test('a folder without a run, or without its optimizer, is not resumed', async () => {
  await expect(resumeTraining(out, tinyData(), { engine })).rejects.toThrow(
    /there is no .*last\.safetensors: the folder holds no run, or a run that has saved nothing/,
  );
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  await writeFile(join(out, 'last.safetensors'), await readFile(join(out, 'best.safetensors')));
  await expect(resumeTraining(out, tinyData(), { engine, model: tinyModel() })).rejects.toThrow(
    /has 0 tensors of the optimizer momentum, but expected 6/,
  );
});

test('how a run was resumed is kept, and the rest of its configuration too', async () => {
  await train(tinyModel(), tinyData(), { ...usual, epochs: 1, out, caller: { epochs: 1, place: 'here' } });
  const { caller: _, ...before } = await readConfig(out);
  const own = { engine, model: tinyModel(), epochs: 2 };
  await resumeTraining(out, tinyData(), { ...own, caller: { epochs: 2, place: 'there' } });
  expect(await readConfig(out)).toEqual({ ...before, caller: { epochs: 2, place: 'there' } });
  await resumeTraining(out, tinyData(), own);
  expect((await readConfig(out)).caller).toEqual({ epochs: 2, place: 'there' });
});
