import { expect, test } from 'vitest';
import { testedEngines } from '../../test/engines.ts';
import { tinyDataset, tinyModel } from '../../test/tiny.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { defaultPreprocessing, type Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { openPredictor, predictAll } from '../evaluation/index.ts';
import { createModel } from '../models/index.ts';
import { initialize, softmaxCrossEntropy } from '../nn/index.ts';
import { featureProgram } from '../program/head.ts';
import { networkExtractor } from './extractor.ts';
import { readImageSet } from './image-set.ts';
import { dot, matrixRow } from './matrix.ts';

const dataset = tinyDataset(1, 40);
const model = tinyModel();
const checkpoint: Checkpoint = {
  model,
  weights: initialize(model.network, model.init, 5),
  preprocessing: defaultPreprocessing({ channels: 1, height: 4, width: 4 }),
  classes: dataset.classes,
  loss: softmaxCrossEntropy(),
};

test.each(testedEngines.map((engine) => [engine.name, engine] as const))(
  'on the %s engine features are what the last layer turns into logits',
  async (_, engine) => {
    const extractor = await networkExtractor(checkpoint, engine);
    const { features } = await readImageSet(dataset, extractor, () => {});
    extractor.dispose();
    expect(features).toMatchObject({ rows: 40, columns: 16 });
    const weight = Float64Array.from(checkpoint.weights.get('fc.weight')!.data);
    const bias = checkpoint.weights.get('fc.bias')!.data;
    const session = openPredictor(checkpoint, referenceEngine, 40);
    for await (const { logits } of predictAll(session, dataset, checkpoint.preprocessing)) {
      for (let i = 0; i < 40; i++) {
        for (let k = 0; k < 3; k++) {
          const logit = dot(weight.subarray(16 * k, 16 * (k + 1)), matrixRow(features, i)) + bias[k];
          expect(logit).toBeCloseTo(logits.data[3 * i + k], 4);
        }
      }
    }
  },
);

test.each([
  ['lenet5', 84],
  ['resnet18', 512],
  ['vgg11', 4096],
  ['squeezenet1.1', 512],
] as const)('features of %s are %i values in front of its last layer', (name, count) => {
  const { results } = featureProgram(createModel(name), 2);
  expect(results.get('features')!.shape).toEqual([2, count]);
});

test('an image with a wrong number of channels is rejected by name', async () => {
  const preprocessing = checkpoint.preprocessing.filter(
    ({ transform }) => transform !== 'channels',
  ) as Preprocessing;
  const rgb = (index: number) => ({
    image: { width: 4, height: 4, channels: 3, data: new Uint8Array(48) } as const,
    label: dataset.label(index),
  });
  const extractor = await networkExtractor({ ...checkpoint, preprocessing }, referenceEngine);
  await expect(readImageSet({ ...dataset, get: rgb }, extractor, () => {})).rejects.toThrow(
    'tiny image 0: the image is [3, 4, 4] after preprocessing, but tiny takes [1, 4, 4]',
  );
});
