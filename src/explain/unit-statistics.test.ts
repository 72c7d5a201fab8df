// Statistics of activations and norms of parameters.
import { expect, test } from 'vitest';
import { tinyDataset, tinyModel } from '../../test/tiny.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { stackImages } from '../data/loading/batch.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { evaluate } from '../evaluation/index.ts';
import {
  defineModel,
  Flatten,
  initialize,
  Linear,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../nn/index.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { ActivationAccumulator } from './activation-statistics.ts';
import { imageUnitStatistics, unitStatistics } from './unit-statistics.ts';

const preprocessing: Preprocessing = [{ transform: 'normalize', mean: [128], std: [64] }];
const dataset = tinyDataset(1, 12);

function createCheckpoint(
  model: Checkpoint['model'],
  weights = initialize(model.network, model.init, 0),
): Checkpoint {
  return { model, weights, preprocessing, classes: dataset.classes, loss: softmaxCrossEntropy() };
}

test('mean, standard deviation, range, zeros and dead units are accumulated over batches', () => {
  const accumulator = new ActivationAccumulator(2);
  accumulator.add(floatTensor([2, 2, 1, 2], [1, 0, 0, 0, 3, 0, 0, 0]));
  accumulator.add(floatTensor([2, 2, 1, 2], [0, 0, 0, 0, 0, 4, 0, 0]));
  const { mean, deviation, least, largest, zeros, dead, units } = accumulator.statistics;
  expect({ mean, least, largest, zeros, dead, units }).toEqual({
    mean: 0.5,
    least: 0,
    largest: 4,
    zeros: 13 / 16,
    dead: 1 / 2,
    units: 2,
  });
  expect(deviation).toBeCloseTo(Math.sqrt((1 + 9 + 16) / 16 - 0.25), 12);
});

test('an image gives statistics of every layer and norms of every parameter', async () => {
  const checkpoint = createCheckpoint(tinyModel());
  const { image } = await dataset.get(0);
  const statistics = await imageUnitStatistics(
    checkpoint,
    stackImages([image], preprocessing),
    referenceEngine,
  );
  expect(statistics.images).toBe(1);
  expect(statistics.activations.map(({ layer }) => layer)).toEqual(['conv', 'bn', 'relu', 'flatten', 'fc']);
  const names = ['conv.weight', 'conv.bias', 'bn.weight', 'bn.bias', 'fc.weight', 'fc.bias'];
  expect(statistics.parameters.map(({ name }) => name)).toEqual(names);
  expect(statistics.parameters.find(({ name }) => name === 'bn.weight')).toEqual({
    name: 'bn.weight',
    weight: 2,
  });
});

test('a ReLU whose inputs are never positive is dead', async () => {
  const network = new Sequential({
    flatten: new Flatten(),
    fc1: new Linear(16, 4),
    relu: new ReLU(),
    fc2: new Linear(4, 3),
  });
  const model = defineModel({ name: 'half dead', network, input: [1, 4, 4], classes: 3 });
  const weights = initialize(network, model.init, 0);
  weights.set('fc1.bias', floatTensor([4], [-100, 100, -100, -100]));
  const { activations, images } = await unitStatistics(createCheckpoint(model, weights), dataset, {
    engine: referenceEngine,
  });
  expect(images).toBe(12);
  expect(activations.find(({ layer }) => layer === 'relu')).toMatchObject({
    units: 4,
    dead: 0.75,
    zeros: 0.75,
  });
});

test('the norm of a gradient agrees with finite differences', async () => {
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(16, 3) });
  const model = defineModel({ name: 'linear', network, input: [1, 4, 4], classes: 3 });
  const checkpoint = createCheckpoint(model);
  const { parameters } = await unitStatistics(checkpoint, dataset, {
    engine: referenceEngine,
    batchSize: 12,
  });
  const { gradient } = parameters.find(({ name }) => name === 'fc.bias')!;
  // d loss / d bias_i by central differences.
  const derivatives = await Promise.all([0, 1, 2].map((i) => derivative(checkpoint, 'fc.bias', i)));
  expect(gradient).toBeCloseTo(Math.hypot(...derivatives), 4);
});

async function derivative(checkpoint: Checkpoint, name: string, index: number): Promise<number> {
  const step = 1e-2;
  const lossAt = async (offset: number) => {
    const { shape, data } = checkpoint.weights.get(name)!;
    const moved: FloatTensor = floatTensor(
      shape,
      data.map((value, i) => (i === index ? value + offset : value)),
    );
    const weights = new Map([...checkpoint.weights, [name, moved]]);
    const { metrics } = await evaluate({ ...checkpoint, weights }, dataset, { engine: referenceEngine });
    return metrics.loss;
  };
  return ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
}
