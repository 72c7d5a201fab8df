import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyData, tinyModel } from '../../test/tiny.ts';
import { TrainingError, UsageError } from '../base/errors.ts';
import { type LoadOptions, loadCheckpoint } from '../checkpoints/checkpoint.ts';
import { defaultPreprocessing } from '../data/transforms/transforms.ts';
import type { Engine } from '../engines/engine.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { initialize, softmaxCrossEntropy } from '../nn/index.ts';
import { momentum } from '../optim/momentum.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { earlyStopping } from './early-stopping.ts';
import type { Listener, TrainEvent } from './events.ts';
import type { TrainOptions } from './options.ts';
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

/** Collects events, and calls `hear` with each. */
function recorder(hear: Listener = () => {}) {
  const events: TrainEvent[] = [];
  const listener: Listener = (event, control) => {
    events.push(event);
    return hear(event, control);
  };
  return { events, listener };
}

function load(name: 'best' | 'last', options: LoadOptions = {}) {
  return loadCheckpoint(join(out, `${name}.safetensors`), { model: tinyModel(), ...options });
}

test('a network learns, and the result tells of it', async () => {
  const { result, checkpoint } = await train(tinyModel(), tinyData({ train: 44 }), { ...usual, epochs: 12 });
  expect(result).toMatchObject({ epochs: 12, steps: 72, interrupted: false });
  expect(result.valid!.accuracy).toBeGreaterThan(0.8);
  expect(result.test).toMatchObject({ count: 7 });
  expect(result.test!.accuracy).toBeGreaterThan(0.7);
  expect(result.imagesPerSecond).toBeGreaterThan(0);
  expect(result).not.toHaveProperty('run');
  expect(checkpoint.training!.step).toBe(result.bestStep);
  const { metrics } = await evaluate(checkpoint, tinyData().splits.test, { engine });
  expect(metrics.loss).toBeCloseTo(result.test!.loss, 6);
});

test('one output learns two classes with sigmoid cross-entropy', async () => {
  const data = tinyData({ train: 40, classes: 2 });
  const { result, checkpoint } = await train(tinyModel({ classes: 1 }), data, { ...usual, epochs: 10 });
  expect(checkpoint.loss.name).toBe('sigmoid-cross-entropy');
  expect(result.valid!.accuracy).toBeGreaterThan(0.8);
});

test('events come in order: logs, evaluations, checkpoints and ends of epochs', async () => {
  const { events, listener } = recorder();
  const options = { ...usual, epochs: 2, evaluateEvery: 2, logEvery: 3, out, listeners: [listener] };
  await train(tinyModel(), tinyData(), options);
  const told = events
    .filter(({ type }) => type !== 'progress')
    .map((event) =>
      [event.type, 'step' in event ? event.step : '', 'split' in event ? event.split : ''].join(' ').trim(),
    );
  const kept = told.filter((text) => !text.startsWith('saved'));
  expect(kept).toEqual([
    'started 0',
    'compiled',
    'compiled',
    'evaluated 2 valid',
    'compiled',
    'logged 3',
    'epoch ended 3',
    'evaluated 4 valid',
    'logged 6',
    'evaluated 6 valid',
    'epoch ended 6',
    expect.stringMatching(/^evaluated [246] test$/),
    'ended',
  ]);
  expect(told.filter((text) => text.startsWith('saved')).length).toBeGreaterThanOrEqual(4);
  const times = events.map(({ seconds }) => seconds);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a logged event has the mean loss and accuracy of the batches since the one before', async () => {
  const losses: number[] = [];
  const { events, listener } = recorder();
  const spy: Engine = {
    ...engine,
    compile: async (program, state) => {
      const executable = await engine.compile(program, state);
      const run: typeof executable.run = async (feeds) => {
        const results = await executable.run(feeds);
        if (results.loss) losses.push(results.loss.data[0]);
        return results;
      };
      return { program, run, dispose: () => executable.dispose() };
    },
  };
  await train(tinyModel(), tinyData(), {
    ...usual,
    engine: spy,
    epochs: 1,
    logEvery: 3,
    listeners: [listener],
  });
  const logged = events.find((event) => event.type === 'logged')!;
  expect(logged.loss).toBeCloseTo((8 * losses[0] + 8 * losses[1] + 6 * losses[2]) / 22, 10);
  expect(logged.learningRate).toBe(0.05);
  expect(logged.accuracy * 22).toBeCloseTo(Math.round(logged.accuracy * 22), 10);
  expect(logged.dataShare).toBeGreaterThan(0);
});

test('a run directory holds configuration, events, and the best and last checkpoint', async () => {
  const caller = { data: 'tiny' };
  const { result } = await train(tinyModel(), tinyData(), { ...usual, out, caller });
  expect((await readdir(out)).sort()).toEqual([
    'best.safetensors',
    'config.json',
    'events.jsonl',
    'last.safetensors',
  ]);
  expect(await readConfig(out)).toMatchObject({
    model: { name: 'tiny', input: [1, 4, 4] },
    recipe: { batchSize: 8, seed: 7, optimizer: { name: 'momentum' }, learningRate: 0.05, evaluateEvery: 3 },
    loss: { name: 'softmax-cross-entropy' },
    engine: 'reference',
    caller,
    versions: { node: process.versions.node },
  });
  const events = await readEvents(out);
  expect(events.at(0)).toMatchObject({ type: 'started', steps: 9, images: { train: 22, valid: 9, test: 7 } });
  expect(events.at(-1)).toMatchObject({ type: 'ended', result: { run: out, bestStep: result.bestStep } });
  expect(events.some(({ type }) => type === 'progress')).toBe(false);
  const [best, last] = [await load('best'), await load('last')];
  expect(best.optimizer).toBeUndefined();
  expect(best.training).toMatchObject({ step: result.bestStep });
  expect([...last.optimizer!.keys()]).toContain('optimizer.velocity.conv.weight');
  expect(last.training).toMatchObject({ step: 9, evaluatedStep: 9 });
});

test('the best checkpoint is the most accurate one, of equals the one with the lower loss', async () => {
  const { events, listener } = recorder();
  const { result } = await train(tinyModel(), tinyData(), {
    ...usual,
    evaluateEvery: 1,
    listeners: [listener],
  });
  const evaluations = events.filter(
    (event) => event.type === 'evaluated' && event.split === 'valid',
  ) as Extract<TrainEvent, { type: 'evaluated' }>[];
  const expected = evaluations.toSorted((a, b) => b.accuracy - a.accuracy || a.loss - b.loss)[0];
  expect(result).toMatchObject({
    bestStep: expected.step,
    valid: { accuracy: expected.accuracy, loss: expected.loss },
  });
  expect(evaluations.at(-1)!.sinceBest).toBe(9 - expected.step);
});

test('the EMA of the weights is evaluated and saved as the best, while the raw weights are trained', async () => {
  const options = { ...usual, epochs: 1, evaluateEvery: 3, update: { ema: 0.75 } };
  const { result, checkpoint } = await train(tinyModel(), tinyData(), { ...options, out });
  const last = await load('last');
  expect(checkpoint.weights.get('fc.weight')).toEqual(last.optimizer!.get('optimizer.average.fc.weight'));
  expect(checkpoint.weights.get('bn.running_mean')).toEqual(
    last.optimizer!.get('optimizer.average.bn.running_mean'),
  );
  const { metrics } = await evaluate(checkpoint, tinyData().splits.valid, { engine });
  expect(metrics.loss).toBeCloseTo(result.valid!.loss, 6);
  const plain = await train(tinyModel(), tinyData(), { ...usual, epochs: 1, evaluateEvery: 3 });
  for (const name of ['best', 'last'] as const) {
    const evaluated = await evaluate(await load(name), tinyData().splits.valid, { engine });
    expect(evaluated.metrics.loss).toBeCloseTo(result.valid!.loss, 6);
    expect((await load(name, { weights: 'raw' })).weights).toEqual(plain.checkpoint.weights);
    expect(await load(name, { weights: 'ema' })).toMatchObject({ weights: last.weights });
  }
});

test('accumulating more batches than an epoch has makes one update of all of them', async () => {
  const trained = async (accumulate: number, epochs = 1) =>
    (await train(tinyModel(), tinyData(), { ...usual, epochs, update: { accumulate } })).checkpoint.weights;
  const start = initialize(tinyModel().network, tinyModel().init, usual.seed!);
  const weights = await trained(1000);
  expect(weights).toEqual(await trained(3)); // Of 8, 8 and 6 images.
  expect(weights.get('fc.weight')).not.toEqual(start.get('fc.weight'));
  expect(await trained(1000, 2)).not.toEqual(weights);
});

test('a plateau lowers the rate after an evaluation without improvement', async () => {
  const { events, listener } = recorder();
  const schedule = { name: 'plateau', patience: 1, factor: 0.5 } as const;
  const options = { ...usual, schedule, learningRate: 1e-9, evaluateEvery: 2, logEvery: 1 };
  await train(tinyModel(), tinyData(), { ...options, listeners: [listener] });
  const rates = events.flatMap((event) => (event.type === 'logged' ? [event.learningRate] : []));
  expect(rates.slice(0, 6)).toEqual(new Array(6).fill(1e-9));
  expect(rates.slice(6)).toEqual(new Array(3).fill(5e-10));
});

test('a folder that is in use is refused, unless it may be overwritten', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  await writeFile(join(out, 'notes.txt'), 'mine');
  await expect(train(tinyModel(), tinyData(), { ...usual, out })).rejects.toThrow(
    /run already holds a run; resume it, set overwrite to replace it, or choose another folder/,
  );
  const { result } = await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1, overwrite: true });
  expect(result.steps).toBe(3);
  expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
  await rm(join(out, 'config.json'));
  await expect(train(tinyModel(), tinyData(), { ...usual, out })).rejects.toThrow(
    /is not empty \(it has best/,
  );
});

test('an empty folder is taken, and a file in its place is an error before any work', async () => {
  await mkdir(out);
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { events, listener } = recorder();
  await expect(
    train(tinyModel(), tinyData(), { ...usual, out: file, listeners: [listener] }),
  ).rejects.toThrow(/file: cannot be written \(EEXIST\)/);
  expect(events).toEqual([]);
});

test('a NaN loss ends the run with advice, and keeps the checkpoint before', async () => {
  const learningRate = (step: number) => (step < 4 ? 0.05 : 1e38);
  const { events, listener } = recorder();
  const run = train(tinyModel(), tinyData(), { ...usual, out, learningRate, listeners: [listener] });
  await expect(run).rejects.toThrow(TrainingError);
  await expect(run).rejects.toThrow(
    /the training loss is (NaN|Infinity) at step 6, with learning rate 1e\+38.*Use a smaller learning rate, such as 1e\+37.*step 3 and before are kept in /,
  );
  expect(events.at(-1)!.type).toBe('failed');
  expect((await load('last')).training!.step).toBe(3);
});

test('weights with a NaN validation loss are not saved', async () => {
  const learningRate = (step: number) => (step < 2 ? 0.05 : 1e38);
  await expect(train(tinyModel(), tinyData(), { ...usual, out, learningRate })).rejects.toThrow(
    /the valid loss is NaN after step 3/,
  );
  expect(await readdir(out)).not.toContain('last.safetensors');
});

test('NaN weights are not saved without validation images', async () => {
  const learningRate = (step: number) => (step < 3 ? 0.05 : 1e39);
  const data = tinyData({ valid: 0, test: 0 });
  const run = train(tinyModel(), data, { ...usual, out, learningRate, evaluateEvery: 1 });
  await expect(run).rejects.toThrow(/weights are NaN or infinite after step 4, with learning rate/);
  expect((await load('last')).training!.step).toBe(3);
});

test('a diverged run continues on request, and its best checkpoint is from before', async () => {
  const learningRate = (step: number) => (step < 4 ? 0.05 : 1e38);
  const { events, listener } = recorder();
  const options = { ...usual, out, learningRate, listeners: [listener], whenDiverged: 'continue' } as const;
  const { result } = await train(tinyModel(), tinyData(), options);
  expect(result).toMatchObject({ steps: 9, bestStep: 3, test: { loss: expect.closeTo(1, 0) } });
  expect(events.filter(({ type }) => type === 'diverged')).toHaveLength(1);
  const losses = (await readEvents(out)).flatMap((event) => (event.type === 'logged' ? [event.loss] : []));
  expect(losses.map(Number.isFinite)).toEqual([...new Array(5).fill(true), ...new Array(4).fill(false)]);
});

test('a listener can end a run early, which is then tested', async () => {
  const { events, listener } = recorder();
  const data = tinyData();
  const options = {
    ...usual,
    learningRate: 0,
    epochs: 20,
    listeners: [earlyStopping({ patience: 2 }), listener],
  };
  const { result } = await train(tinyModel(), data, options);
  expect(result.steps).toBeLessThan(60);
  expect(result).toMatchObject({ interrupted: false, test: { count: 7 } });
  expect(events.find((event) => event.type === 'stopped')).toMatchObject({
    by: 'listener',
    reason: 'no improvement for 2 evaluations',
  });
  expect(() => earlyStopping({ patience: 0 })).toThrow('patience must be a positive integer, got 0.');
});

test('without validation and test images the last checkpoint is the best', async () => {
  const data = tinyData({ valid: 0, test: 0 });
  const { result, checkpoint } = await train(tinyModel(), data, { ...usual, epochs: 2, out });
  expect(result).toMatchObject({ bestStep: 6, steps: 6 });
  expect(result).not.toHaveProperty('valid');
  expect(result).not.toHaveProperty('test');
  expect(checkpoint.weights).toEqual((await load('last')).weights);
});

test('dropLast drops the last images of an epoch', async () => {
  const { result } = await train(tinyModel(), tinyData(), { ...usual, dropLast: true });
  expect(result.steps).toBe(6);
});

test('training starts from the given weights, and initializes the rest', async () => {
  const model = tinyModel();
  const bias = floatTensor([3], [1, 2, 3]);
  const options = { ...usual, epochs: 1, learningRate: 0, weights: new Map([['fc.bias', bias]]) };
  const { checkpoint } = await train(model, tinyData(), options);
  expect(checkpoint.weights.get('fc.bias')).toEqual(bias);
  expect(checkpoint.weights.get('fc.weight')).toEqual(
    initialize(model.network, model.init, 7).get('fc.weight'),
  );
  const wrong = new Map([['fc.wight', bias]]);
  await expect(train(model, tinyData(), { ...usual, weights: wrong })).rejects.toThrow(
    'the initial weights do not fit tiny: 1 unexpected (fc.wight).',
  );
});

test.each<[string, Partial<TrainOptions>, RegExp]>([
  ['no epoch', { epochs: 0 }, /^epochs must be a positive integer, got 0\.$/],
  ['half an image', { batchSize: 0.5 }, /^batch size must be a positive integer, got 0\.5\.$/],
  ['a negative seed', { seed: -1 }, /^seed must be a non-negative integer, got -1\.$/],
  ['a NaN rate', { learningRate: NaN }, /^learning rate must be a non-negative number, got NaN\.$/],
  [
    'a function that gives a negative rate',
    { learningRate: () => -1 },
    /^learning rate at step 0 must be a non-negative number, got -1\.$/,
  ],
  ['no log', { logEvery: 0 }, /^log interval must be a positive integer, got 0\.$/],
  ['half a checkpoint', { keep: 0.5 }, /^checkpoints to keep must be a non-negative integer, got 0\.5\.$/],
  [
    'a clipping to nothing',
    { update: { clipNorm: 0 } },
    /^maximum gradient norm must be a positive number, got 0\.$/,
  ],
  [
    'half a batch',
    { update: { accumulate: 1.5 } },
    /^batches per update must be a positive integer, got 1\.5\.$/,
  ],
  [
    'an EMA that never changes',
    { update: { ema: 1 } },
    /^EMA decay must be a number from 0 to below 1, got 1\.$/,
  ],
  [
    'freezing what is not there',
    { freeze: ['layer1'] },
    /tiny has no parameters "layer1" to freeze; name conv, bn, fc, parts of them such as conv.weight, or all-but-head/,
  ],
  ['freezing everything', { freeze: ['conv', 'bn', 'fc'] }, /tiny has no trainable parameter; unfreeze one/],
  [
    'a schedule beside a function',
    { learningRate: () => 1, schedule: { name: 'cosine' } },
    /learningRate is a function, and there is a schedule "cosine" as well; give one of them/,
  ],
  [
    'a warm-up without end',
    { schedule: { name: 'constant', warmup: '3epochs' } },
    /the warm-up of 3epochs is 9 steps, but the run has 9/,
  ],
  [
    'batches that none fills',
    { batchSize: 30, dropLast: true },
    /a batch of 30 is more than the 22 training images/,
  ],
  [
    'a loss for another number of outputs',
    { loss: { ...softmaxCrossEntropy(), name: 'sigmoid-cross-entropy' } },
    /sigmoid-cross-entropy does not fit the 3 output\(s\) of tiny; use softmaxCrossEntropy\(\)/,
  ],
  [
    'images of another size',
    {
      preprocessing: defaultPreprocessing({ channels: 1, height: 8, width: 8 }),
    },
    /tiny takes images \[1, 4, 4\], but the preprocessing gives \[1, 8, 8\]/,
  ],
])('%s is refused before anything is written', async (_, options, message) => {
  const run = train(tinyModel(), tinyData(), { ...usual, out, ...options });
  await expect(run).rejects.toThrow(UsageError);
  await expect(run).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});

test('data of other classes than the model has, and data without training images, are refused', async () => {
  await expect(train(tinyModel({ classes: 4 }), tinyData(), usual)).rejects.toThrow(
    'tiny has outputs for 4 classes, but tiny data has 3; build the model with classes: 3.',
  );
  await expect(train(tinyModel(), tinyData({ classes: 2 }), usual)).rejects.toThrow(
    'build the model with classes: 2 (or 1, for a single output).',
  );
  await expect(train(tinyModel(), tinyData({ train: 0 }), usual)).rejects.toThrow('has no training images');
});
