import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Checkpoint } from '../src/checkpoints/checkpoint.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { referenceEngine as engine } from '../src/engines/reference/index.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
import { lossOnHost } from '../src/evaluation/pass.ts';
import { predict } from '../src/evaluation/predict.ts';
import { rocAucInterval, wilsonInterval } from '../src/metrics/index.ts';
import {
  defineModel,
  Flatten,
  Linear,
  Sequential,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from '../src/nn/index.ts';
import { floatTensor, intTensor } from '../src/tensor/tensor.ts';
import { train } from '../src/train/train.ts';
import { tinyData, tinyDataset, tinyModel } from './tiny.ts';

let checkpoint: Checkpoint;
beforeAll(async () => {
  const trained = await train(tinyModel(), tinyData(), {
    engine,
    epochs: 4,
    batchSize: 8,
    learningRate: 0.1,
  });
  checkpoint = trained.checkpoint;
});

/** Logits are the bias of a linear layer, whatever the image. */
function constant(logits: readonly number[], classes: readonly string[]): Checkpoint {
  const { length } = logits;
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(16, length) });
  return {
    ...checkpoint,
    model: defineModel({ name: 'constant', network, input: [1, 4, 4], classes: length }),
    weights: new Map([
      ['fc.weight', floatTensor([length, 16], new Float32Array(16 * length))],
      ['fc.bias', floatTensor([length], logits)],
    ]),
    classes,
    loss: length === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy(),
  };
}

test('the metrics do not depend on the batch size, so padding does not count', async () => {
  const { test: dataset } = tinyData().splits;
  const whole = await evaluate(checkpoint, dataset, { engine, batchSize: 7 });
  for (const batchSize of [1, 3, 64]) {
    const { metrics, predictions } = await evaluate(checkpoint, dataset, { engine, batchSize });
    expect(metrics.loss).toBeCloseTo(whole.metrics.loss, 6);
    expect({ ...metrics, loss: 0 }).toEqual({ ...whole.metrics, loss: 0 });
    expect(predictions).toEqual(whole.predictions);
  }
});

test('loss, accuracy, interval, confusion and metrics of classes are those of the predictions', async () => {
  const { metrics, predictions } = await evaluate(
    constant([0, Math.log(2), 0], ['top', 'middle', 'bottom']),
    tinyDataset(0, 4),
    { engine },
  );
  expect(metrics.count).toBe(4);
  expect(metrics.loss).toBeCloseTo((3 * Math.log(4) + Math.log(2)) / 4, 6);
  expect(metrics.accuracy).toBe(0.25);
  expect(metrics.interval[0]).toBeCloseTo(0.0456, 4);
  expect(metrics.confusion).toEqual([
    [0, 2, 0],
    [0, 1, 0],
    [0, 1, 0],
  ]);
  expect(metrics.perClass[1]).toMatchObject({
    label: 'middle',
    precision: 0.25,
    recall: 1,
    recallInterval: wilsonInterval(1, 1),
    f1: 0.4,
    count: 1,
  });
  // One bin, (7/15, 8/15], holds all: confidence 1/2, of which 1/4 is right.
  expect(metrics.calibration.error).toBe(0.25);
  expect(metrics.calibration.bins[7]).toMatchObject({ count: 4, confidence: 0.5, accuracy: 0.25 });
  expect(metrics).not.toHaveProperty('binary');
  expect(metrics.macro).toEqual({
    precision: { value: 0.25, classes: 1 }, // Of the class that is predicted.
    recall: { value: 1 / 3, classes: 3 },
    f1: { value: 0.4 / 3, classes: 3 },
  });
  expect(metrics.topK).toEqual({});
  expect(predictions[0]).toEqual({
    index: 0,
    label: 0,
    predicted: 1,
    probability: 0.5,
    labelProbability: 0.25,
  });
});

test('top-5 is given where there are more than five classes', async () => {
  const classes = ['a', 'b', 'c', 'top', 'd', 'middle', 'bottom'];
  const { metrics } = await evaluate(constant([7, 6, 5, 4, 3, 2, 1], classes), tinyDataset(0, 3), { engine });
  expect(metrics.topK).toEqual({ 5: 1 / 3 });
  expect(metrics.topKInterval).toEqual({ 5: wilsonInterval(1, 3) });
});

test('two classes have an area under the ROC curve, with one output too', async () => {
  const data = tinyDataset(0, 4, 2);
  const { metrics } = await evaluate(constant([1], ['top', 'middle']), data, { engine });
  expect(metrics).toMatchObject({
    rocAuc: 0.5,
    accuracy: 0.5,
    confusion: [
      [0, 2],
      [0, 2],
    ],
  });
  expect(metrics.loss).toBeCloseTo(Math.log1p(Math.E) - 0.5, 6);
  expect(metrics.binary).toMatchObject({
    positive: 'middle',
    sensitivity: 1,
    sensitivityInterval: wilsonInterval(2, 2),
    specificity: 0,
    specificityInterval: wilsonInterval(0, 2),
    roc: { area: 0.5, interval: rocAucInterval(0.5, 2, 2) },
  });
  expect(metrics.binary!.roc!.points).toHaveLength(2);
});

test.each([-20, -9, 0.1, 0.3, 20])(
  'equal scores tell nothing apart, whatever rounding makes of 1 - p: logit %d',
  async (logit) => {
    const data = tinyDataset(0, 5, 2);
    const { metrics } = await evaluate(constant([logit], ['top', 'middle']), data, { engine });
    expect(metrics.rocAuc).toBe(0.5);
  },
);

test('without images of both classes there is no ROC curve', async () => {
  const onlyTop: Dataset = { ...tinyDataset(0, 3, 1), classes: ['top', 'middle'] };
  const { metrics } = await evaluate(constant([1, 0], ['top', 'middle']), onlyTop, { engine });
  expect(metrics).not.toHaveProperty('rocAuc');
  expect(metrics.binary).toMatchObject({
    specificity: 1,
    sensitivity: null,
    sensitivityInterval: [0, 1],
  });
  expect(metrics.binary).not.toHaveProperty('roc');
});

test('classes are matched by name', async () => {
  const known = constant([0, 9, 0], ['none', 'bottom', 'top']);
  const data: Dataset = { ...tinyDataset(0, 3, 1), classes: ['bottom'] };
  const { metrics } = await evaluate(known, data, { engine });
  expect(metrics.accuracy).toBe(1);
  expect(metrics.confusion[1]).toEqual([0, 3, 0]);
  await expect(evaluate(known, tinyDataset(0, 3), { engine })).rejects.toThrow(
    'the data set has the classes middle, which the checkpoint does not know; it knows none, bottom, top.',
  );
});

test('numbers are names of classes, in the checkpoint and in the data set', async () => {
  const digits = constant([9, 0, 0], ['0', '1', '2']);
  await expect(evaluate(digits, tinyDataset(0, 3), { engine })).rejects.toThrow(
    'the data set has the classes top, middle, bottom, which the checkpoint does not know; it knows 0, 1, 2.',
  );
  const numbered: Dataset = { ...tinyDataset(0, 3), classes: ['0', '1', '2'] };
  await expect(evaluate(constant([9, 0, 0], ['a', 'b', 'c']), numbered, { engine })).rejects.toThrow(
    'the data set has the classes 0, 1, 2, which the checkpoint does not know',
  );
  const otherOrder: Dataset = { ...tinyDataset(0, 3), classes: ['2', '0', '1'] };
  expect((await evaluate(digits, otherOrder, { engine })).metrics.confusion[2]).toEqual([1, 0, 0]);
});

test('imported weights and data sets without names of classes are matched by place', async () => {
  const { training: _, ...imported } = constant([9, 0, 0], ['0', '1', '2']);
  const { metrics } = await evaluate(imported, tinyDataset(0, 3), { engine });
  expect(metrics.perClass.map(({ label }) => label)).toEqual(['0', '1', '2']);
  const unnamed: Dataset = { ...tinyDataset(0, 3), classes: [] };
  expect((await evaluate(constant([9, 0, 0], ['a', 'b', 'c']), unnamed, { engine })).metrics.accuracy).toBe(
    metrics.accuracy,
  );
});

test('the progress of an evaluation can be heard', async () => {
  const heard: string[] = [];
  const onProgress = (done: number, total: number) => heard.push(`${done}/${total}`);
  await evaluate(checkpoint, tinyDataset(0, 5), { engine, batchSize: 2, onProgress });
  expect(heard).toEqual(['2/5', '4/5', '5/5']);
});

test('an empty data set and an image that cannot be read are errors', async () => {
  await expect(evaluate(checkpoint, tinyDataset(0, 0), { engine })).rejects.toThrow('has no images');
  const broken: Dataset = {
    ...tinyDataset(0, 3),
    get: () => {
      throw new Error('is damaged');
    },
  };
  await expect(evaluate(checkpoint, broken, { engine })).rejects.toThrow('tiny image 0: is damaged');
});

test('the loss on the host is that of the loss in use', async () => {
  const logits = floatTensor([1, 2], [0, Math.log(3)]);
  const labels = intTensor([1], [1]);
  expect(await lossOnHost(softmaxCrossEntropy(), logits, labels)).toBeCloseTo(-Math.log(0.75), 6);
  const smooth = softmaxCrossEntropy({ labelSmoothing: 0.5 });
  expect(await lossOnHost(smooth, logits, labels)).toBeCloseTo(
    -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25),
    6,
  );
});

test('images are predicted with the most probable classes first, whatever the batch size', async () => {
  const dataset = tinyDataset(9, 5);
  const images = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => ({
      name: `image ${index}`,
      image: (await dataset.get(index)).image,
    })),
  );
  const { predictions: expected } = await evaluate(checkpoint, dataset, { engine });
  const results = await predict(checkpoint, images, { engine, batchSize: 2, top: 2 });
  results.forEach((result, index) => {
    if ('error' in result) throw new Error(result.error);
    expect(result.image).toBe(`image ${index}`);
    expect(result.predictions).toHaveLength(2);
    expect(result.predictions[0]).toEqual({
      label: checkpoint.classes[expected[index].predicted],
      index: expected[index].predicted,
      probability: expected[index].probability,
    });
    expect(result.predictions[0].probability).toBeGreaterThanOrEqual(result.predictions[1].probability);
  });
});

test('one output gives the probabilities of two classes', async () => {
  const image = (await tinyDataset(0, 1).get(0)).image;
  const [result] = await predict(constant([Math.log(3)], ['no', 'yes']), [{ name: 'x', image }], { engine });
  expect(result).toEqual({
    image: 'x',
    predictions: [
      { label: 'yes', index: 1, probability: 0.75 },
      { label: 'no', index: 0, probability: 0.25 },
    ],
  });
});

test('an image that cannot be read gets its own error, and the others their predictions', async () => {
  const text = join(tmpdir(), 'fovea-no-image.txt');
  await writeFile(text, 'not an image');
  const image = (await tinyDataset(0, 1).get(0)).image;
  const results = await predict(checkpoint, ['/no/such/file.png', { name: 'x', image }, text], { engine });
  expect(results[0]).toMatchObject({
    image: '/no/such/file.png',
    error: expect.stringContaining('cannot be read'),
  });
  expect(results[1]).toMatchObject({ image: 'x', predictions: [{}, {}, {}] });
  expect(results[2]).toMatchObject({
    image: text,
    error: expect.stringContaining('is not a readable image'),
  });
  const none = await predict(checkpoint, ['/no/such/file.png'], { engine });
  expect(none).toHaveLength(1);
});

test('predictions without images, or of zero classes, are refused', async () => {
  await expect(predict(checkpoint, [], { engine })).rejects.toThrow('there are no images to classify');
  await expect(predict(checkpoint, ['x'], { engine, top: 0 })).rejects.toThrow(
    'top must be a positive integer, got 0.',
  );
});

test.each([
  ['NaN', [NaN, 0, 0]],
  ['infinite', [0, Infinity, 0]],
  ['infinite of a class that is not the label', [0, 0, -Infinity]],
])('logits that are %s are an error, not a metric or a prediction', async (_, logits) => {
  const broken = constant(logits, ['top', 'middle', 'bottom']);
  await expect(evaluate(broken, tinyDataset(0, 3), { engine })).rejects.toThrow(
    /^tiny image 0: the outputs of constant are NaN or infinite, expected finite numbers: 1 of its 2 tensors of weights hold NaN or infinite values \(fc\.bias\)\. The training diverged or the file is damaged; use an earlier checkpoint/,
  );
  const { image } = await tinyDataset(0, 1).get(0);
  const [result] = await predict(broken, [{ name: 'x', image }], { engine });
  expect(result).toEqual({ image: 'x', error: expect.stringContaining('NaN or infinite') });
});

test('finite weights whose sums overflow are an error, too, for those images that they overflow for', async () => {
  const huge = constant([0, 0, 0], ['top', 'middle', 'bottom']);
  huge.weights.get('fc.weight')!.data.fill(3e38, 16, 32);
  await expect(evaluate(huge, tinyDataset(0, 3), { engine })).rejects.toThrow(
    /its weights are finite, but so large that the sums overflow/,
  );
  const { image } = await tinyDataset(0, 1).get(0);
  const gray = { ...image, data: new Uint8Array(16).map((_, i) => (i % 2 ? 127 : 128)) };
  const images = [
    { name: 'x', image },
    { name: 'gray', image: gray },
  ];
  const [x, other] = await predict(huge, images, { engine });
  expect(x).toHaveProperty('error');
  expect(other).toMatchObject({ image: 'gray', predictions: [{}, {}, {}] });
});
