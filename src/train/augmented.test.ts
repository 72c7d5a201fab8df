// Training on augmented and mixed images.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { interruptAfter, tinyData, tinyModel } from '../../test/tiny.ts';
import { loadCheckpoint } from '../checkpoints/checkpoint.ts';
import type { Augmentation } from '../data/transforms/augmentation.ts';
import { defaultPreprocessing, type Transform } from '../data/transforms/transforms.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { lossOnHost } from '../evaluation/pass.ts';
import { softmaxCrossEntropy } from '../nn/index.ts';
import { momentum } from '../optim/momentum.ts';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import type { TrainOptions } from './options.ts';
import { resumeTraining } from './resume.ts';
import { TrainStep } from './step.ts';
import { train } from './train.ts';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-augmented-'));
  out = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true }));

const preprocessing = defaultPreprocessing({ channels: 1, height: 4, width: 4 });
const normalize = preprocessing.at(-1)!;
const steps: Transform[] = [
  { transform: 'random-crop', size: [4, 3] },
  { transform: 'horizontal-flip' },
  { transform: 'resize', size: [4, 4] },
  normalize,
];
const augmentation: Augmentation = { transforms: steps, mixing: { mixup: 0.4 } };
const usual: TrainOptions = { engine, epochs: 2, batchSize: 8, optimizer: momentum(), learningRate: 0.05 };

test('an interrupted run is resumed with the same augmented and mixed images', async () => {
  const options = { ...usual, augmentation };
  const { checkpoint: whole } = await train(tinyModel(), tinyData(), options);
  await train(tinyModel(), tinyData(), { ...options, out, ...interruptAfter(4) });
  const { result, checkpoint } = await resumeTraining(out, tinyData(), { engine, model: tinyModel() });
  expect(result.steps).toBe(6);
  expect(checkpoint.weights).toEqual(whole.weights);
});

test('the augmentation is kept in the recipe, and predictions go without it', async () => {
  await train(tinyModel(), tinyData(), { ...usual, augmentation, out });
  const kept = await loadCheckpoint(join(out, 'best.safetensors'), { model: tinyModel() });
  expect(kept.preprocessing).toEqual(preprocessing);
  expect(kept.training!.recipe.augmentation).toEqual({
    transforms: [steps[0], { transform: 'horizontal-flip', probability: 0.5 }, expect.anything(), normalize],
    mixing: { mixup: 0.4 },
  });
});

test.each([1, 2, 3])('a network of %i output(s) learns from mixed images', async (outputs) => {
  const data = tinyData({ train: 44, classes: Math.max(2, outputs) });
  const mixed = { transforms: preprocessing, mixing: { mixup: 0.2, cutmix: 1 } };
  const options = { ...usual, epochs: 12, augmentation: mixed };
  const { result } = await train(tinyModel({ classes: outputs }), data, options);
  expect(result.valid!.accuracy).toBeGreaterThan(0.7);
});

test('soft labels of one class each lose as much as class indices', async () => {
  const loss = softmaxCrossEntropy({ labelSmoothing: 0.1 });
  const options = { engine, model: tinyModel(), loss, batchSize: 2, optimizer: momentum() };
  const images = floatTensor(
    [2, 1, 4, 4],
    Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
  );
  const lossFor = async (labels: Parameters<TrainStep['run']>[1]) => {
    const step = new TrainStep(options);
    const { loss: value, logits } = await step.run(images, labels, {
      learningRate: 0,
      step: 1,
      seed: 0,
    });
    step.dispose();
    return { value, logits };
  };
  const hard = await lossFor(intTensor([2], [2, 0]));
  const soft = await lossFor(floatTensor([2, 3], [0, 0, 1, 1, 0, 0]));
  expect(soft.value).toBeCloseTo(hard.value, 6);
  expect(soft.value).toBeCloseTo(await lossOnHost(loss, hard.logits, intTensor([2], [2, 0])), 6);
});

test.each<[string, Partial<TrainOptions>, string]>([
  [
    'another normalization',
    { augmentation: { transforms: [{ transform: 'normalize', mean: [0], std: [1] }] } },
    'let both end with the same normalize',
  ],
  [
    'another size',
    { augmentation: { transforms: [{ transform: 'random-crop', size: [3, 4] }, normalize] } },
    'takes images [1, 4, 4], but the augmentation gives [1, 3, 4]',
  ],
  [
    'a loss without soft labels',
    { augmentation, loss: { ...softmaxCrossEntropy(), name: 'my-loss', soft: undefined as never } },
    'the loss "my-loss" does not support soft labels',
  ],
])('an augmentation with %s is refused before the run', async (_, options, message) => {
  await expect(train(tinyModel(), tinyData(), { ...usual, ...options })).rejects.toThrow(message);
});
