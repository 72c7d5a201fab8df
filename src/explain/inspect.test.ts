// Inspection of a network on one image.
import { expect, test } from 'vitest';
import { tinyDataset, tinyModel } from '../../test/tiny.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { predict } from '../evaluation/index.ts';
import { initialize, sigmoidCrossEntropy, softmaxCrossEntropy } from '../nn/index.ts';
import { inspect } from './inspect.ts';

const preprocessing: Preprocessing = [{ transform: 'normalize', mean: [128], std: [64] }];
const { image } = await tinyDataset(1, 3).get(0);
const engine = referenceEngine;

function createCheckpoint(classes: readonly string[], outputs = classes.length): Checkpoint {
  const model = tinyModel({ classes: outputs });
  const weights = initialize(model.network, model.init, 0);
  const loss = outputs === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy();
  return { model, weights, preprocessing, classes, loss };
}

test('the image is classified, its feature maps are drawn, and the predicted class is explained', async () => {
  const checkpoint = createCheckpoint(['top', 'middle', 'bottom']);
  const { results, images, batch } = await inspect(checkpoint, image, { engine });
  const [expected] = await predict(checkpoint, [{ name: 'x', image }], { engine });
  expect(expected).toMatchObject({ predictions: results.predictions });
  const [{ label, index, probability }] = results.predictions as [(typeof results.predictions)[0]];
  expect(results.layers).toMatchObject([{ layer: 'conv', output: [4, 2, 2], filters: [4, 1, 3, 3] }]);
  expect(results.layers[0].ranges.length).toBe(4);
  expect(results.gradCam).toMatchObject([{ layer: 'conv', label, index, probability }]);
  expect(results.gradCam[0].map.map((row) => row.length)).toEqual([2, 2]);
  expect(results.occlusion).toMatchObject([
    { label, side: 1, stride: 1, lefts: [0, 1, 2, 3], tops: [0, 1, 2, 3] },
  ]);
  expect(batch.shape).toEqual([1, 1, 4, 4]);
  expect(images.map(({ name }) => name)).toEqual([
    'input.png',
    'features-conv.png',
    'filters-conv.png',
    `grad-cam-conv-${label}.png`,
    `grad-cam-conv-${label}-map.png`,
    `occlusion-${label}.png`,
  ]);
});

test('layers and classes can be chosen', async () => {
  const options = { engine, layers: ['relu', 'fc'], classes: ['top', 'middle', '2'] };
  const { results, images } = await inspect(createCheckpoint(['top', 'middle', 'bottom']), image, options);
  expect(results.layers.map(({ layer, output }) => [layer, output])).toEqual([
    ['relu', [4, 2, 2]],
    ['fc', [3]],
  ]);
  expect(results.gradCam.map(({ layer }) => layer)).toEqual(['relu', 'relu', 'relu']);
  expect(results.gradCam.map(({ label }) => label).sort()).toEqual(['bottom', 'middle', 'top']);
  expect(images.some(({ name }) => name.startsWith('filters-'))).toBe(false);
});

test('the two classes of one output are explained by opposite gradients', async () => {
  const options = { engine, layers: ['conv'], classes: ['no', 'yes'] };
  const { results } = await inspect(createCheckpoint(['no', 'yes'], 1), image, options);
  const [first, second] = results.gradCam.map(({ map }) => map.flat());
  expect(results.gradCam.map(({ probability }) => probability).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  // Maps keep what is positive, so where one class finds something the other finds nothing.
  expect(first.every((value, i) => value * second[i] === 0)).toBe(true);
  expect([...first, ...second].some((value) => value > 0)).toBe(true);
  const drops = results.occlusion.map((map) => map.drops.flat());
  drops[0].forEach((drop, i) => {
    expect(drop).toBeCloseTo(-drops[1][i], 6);
  });
});

test('a network of a thousand classes explains any of them', async () => {
  const classes = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
  const { results } = await inspect(createCheckpoint(classes), image, { engine, classes: ['class 777'] });
  expect(results.predictions.length).toBe(5);
  expect(results.gradCam.map(({ index }) => index)).toContain(777);
});

test('wrong layers, classes and image sizes are rejected', async () => {
  const checkpoint = createCheckpoint(['top', 'middle', 'bottom']);
  await expect(inspect(checkpoint, image, { engine, layers: ['conv2'] })).rejects.toThrow(
    /unknown layer "conv2".*"conv"/,
  );
  await expect(inspect(checkpoint, image, { engine, classes: ['left'] })).rejects.toThrow(
    /unknown class "left"/,
  );
  const large = { ...image, width: 8, height: 2 };
  await expect(inspect(checkpoint, large, { engine })).rejects.toThrow(/\[1, 2, 8\] after preprocessing/);
});
