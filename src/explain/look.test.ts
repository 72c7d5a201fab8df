// Everything that is seen of one picture.
import { expect, test } from 'vitest';
import { tinyDataset, tinyModel } from '../../test/tiny.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import type { Preprocessing } from '../data/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { predict } from '../evaluation/index.ts';
import { initialise, sigmoidCrossEntropy, softmaxCrossEntropy } from '../nn/index.ts';
import { look } from './look.ts';

const preprocessing: Preprocessing = [{ transform: 'normalize', mean: [128], std: [64] }];
const { image } = await tinyDataset(1, 3).get(0);
const engine = referenceEngine;

function checkpointOf(classes: readonly string[], outputs = classes.length): Checkpoint {
  const model = tinyModel({ classes: outputs });
  const weights = initialise(model.network, model.init, 0);
  const loss = outputs === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy();
  return { model, weights, preprocessing, classes, loss };
}

test('a picture is predicted, its layers are shown, and its class is explained', async () => {
  const checkpoint = checkpointOf(['top', 'middle', 'bottom']);
  const { figures, pictures, images } = await look(checkpoint, image, { engine });
  const [expected] = await predict(checkpoint, [{ name: 'x', image }], { engine });
  expect(expected).toMatchObject({ predictions: figures.predictions });
  const [{ label, index, probability }] = figures.predictions as [(typeof figures.predictions)[0]];
  expect(figures.layers).toMatchObject([{ layer: 'conv', output: [4, 2, 2], filters: [4, 1, 3, 3] }]);
  expect(figures.layers[0].ranges.length).toBe(4);
  expect(figures.gradCam).toMatchObject([{ layer: 'conv', label, index, probability }]);
  expect(figures.gradCam[0].map.map((row) => row.length)).toEqual([2, 2]);
  expect(figures.occlusion).toMatchObject([
    { label, side: 1, stride: 1, lefts: [0, 1, 2, 3], tops: [0, 1, 2, 3] },
  ]);
  expect(images.shape).toEqual([1, 1, 4, 4]);
  expect(pictures.map(({ name }) => name)).toEqual([
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
  const { figures, pictures } = await look(checkpointOf(['top', 'middle', 'bottom']), image, options);
  expect(figures.layers.map(({ layer, output }) => [layer, output])).toEqual([
    ['relu', [4, 2, 2]],
    ['fc', [3]],
  ]);
  expect(figures.gradCam.map(({ layer }) => layer)).toEqual(['relu', 'relu', 'relu']);
  expect(figures.gradCam.map(({ label }) => label).sort()).toEqual(['bottom', 'middle', 'top']);
  expect(pictures.some(({ name }) => name.startsWith('filters-'))).toBe(false);
});

test('the two classes of one output are explained by opposite gradients', async () => {
  const options = { engine, layers: ['conv'], classes: ['no', 'yes'] };
  const { figures } = await look(checkpointOf(['no', 'yes'], 1), image, options);
  const [first, second] = figures.gradCam.map(({ map }) => map.flat());
  expect(figures.gradCam.map(({ probability }) => probability).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  // Maps keep what is positive, so where one class finds something the other finds nothing.
  expect(first.every((value, i) => value * second[i] === 0)).toBe(true);
  expect([...first, ...second].some((value) => value > 0)).toBe(true);
  const drops = figures.occlusion.map((map) => map.drops.flat());
  drops[0].forEach((drop, i) => {
    expect(drop).toBeCloseTo(-drops[1][i], 6);
  });
});

test('a network of a thousand classes explains any of them', async () => {
  const classes = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
  const { figures } = await look(checkpointOf(classes), image, { engine, classes: ['class 777'] });
  expect(figures.predictions.length).toBe(5);
  expect(figures.gradCam.map(({ index }) => index)).toContain(777);
});

test('what does not fit is said', async () => {
  const checkpoint = checkpointOf(['top', 'middle', 'bottom']);
  await expect(look(checkpoint, image, { engine, layers: ['conv2'] })).rejects.toThrow(
    /unknown layer "conv2".*"conv"/,
  );
  await expect(look(checkpoint, image, { engine, classes: ['left'] })).rejects.toThrow(
    /unknown class "left"/,
  );
  const large = { ...image, width: 8, height: 2 };
  await expect(look(checkpoint, large, { engine })).rejects.toThrow(/\[1, 2, 8\] after preprocessing/);
});
