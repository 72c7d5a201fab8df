// Figures of units and parameters.
import { expect, test } from 'vitest';
import { tinyDataset, tinyModel } from '../../test/tiny.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { stackImages } from '../data/batch.ts';
import type { Preprocessing } from '../data/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { evaluate } from '../evaluation/index.ts';
import {
  defineModel,
  Flatten,
  initialise,
  Linear,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../nn/index.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { ActivationCounter } from './activations.ts';
import { unitsOfData, unitsOfPicture } from './units.ts';

const preprocessing: Preprocessing = [{ transform: 'normalize', mean: [128], std: [64] }];
const dataset = tinyDataset(1, 12);

function checkpointOf(
  model: Checkpoint['model'],
  weights = initialise(model.network, model.init, 0),
): Checkpoint {
  return { model, weights, preprocessing, classes: dataset.classes, loss: softmaxCrossEntropy() };
}

test('mean, deviation, extremes, zeros and dead units are counted over batches', () => {
  const counter = new ActivationCounter(2);
  counter.add(floatTensor([2, 2, 1, 2], [1, 0, 0, 0, 3, 0, 0, 0]));
  counter.add(floatTensor([2, 2, 1, 2], [0, 0, 0, 0, 0, 4, 0, 0]));
  const { mean, deviation, least, largest, zeros, dead, units } = counter.figures;
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

test('every layer has its figures over a picture, and every parameter its norm', async () => {
  const checkpoint = checkpointOf(tinyModel());
  const { image } = await dataset.get(0);
  const figures = await unitsOfPicture(checkpoint, stackImages([image], preprocessing), referenceEngine);
  expect(figures.images).toBe(1);
  expect(figures.activations.map(({ layer }) => layer)).toEqual(['conv', 'bn', 'relu', 'flatten', 'fc']);
  const names = ['conv.weight', 'conv.bias', 'bn.weight', 'bn.bias', 'fc.weight', 'fc.bias'];
  expect(figures.parameters.map(({ name }) => name)).toEqual(names);
  expect(figures.parameters.find(({ name }) => name === 'bn.weight')).toEqual({
    name: 'bn.weight',
    weight: 2,
  });
});

test('a ReLU that never opens is dead', async () => {
  const network = new Sequential({
    flatten: new Flatten(),
    fc1: new Linear(16, 4),
    relu: new ReLU(),
    fc2: new Linear(4, 3),
  });
  const model = defineModel({ name: 'half dead', network, input: [1, 4, 4], classes: 3 });
  const weights = initialise(network, model.init, 0);
  weights.set('fc1.bias', floatTensor([4], [-100, 100, -100, -100]));
  const { activations, images } = await unitsOfData(checkpointOf(model, weights), dataset, {
    engine: referenceEngine,
  });
  expect(images).toBe(12);
  expect(activations.find(({ layer }) => layer === 'relu')).toMatchObject({
    units: 4,
    dead: 0.75,
    zeros: 0.75,
  });
});

test('the norm of a gradient is how fast the loss falls along it', async () => {
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(16, 3) });
  const model = defineModel({ name: 'linear', network, input: [1, 4, 4], classes: 3 });
  const checkpoint = checkpointOf(model);
  const { parameters } = await unitsOfData(checkpoint, dataset, { engine: referenceEngine, batchSize: 12 });
  const { gradient } = parameters.find(({ name }) => name === 'fc.bias')!;
  // d loss / d bias_i by central differences.
  const slopes = await Promise.all([0, 1, 2].map((i) => slopeOf(checkpoint, 'fc.bias', i)));
  expect(gradient).toBeCloseTo(Math.hypot(...slopes), 4);
});

async function slopeOf(checkpoint: Checkpoint, name: string, place: number): Promise<number> {
  const step = 1e-2;
  const lossAt = async (offset: number) => {
    const { shape, data } = checkpoint.weights.get(name)!;
    const moved: FloatTensor = floatTensor(
      shape,
      data.map((value, i) => (i === place ? value + offset : value)),
    );
    const weights = new Map([...checkpoint.weights, [name, moved]]);
    const { metrics } = await evaluate({ ...checkpoint, weights }, dataset, { engine: referenceEngine });
    return metrics.loss;
  };
  return ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
}
