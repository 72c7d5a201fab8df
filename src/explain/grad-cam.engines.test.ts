// Grad-CAM and bilinear interpolation against PyTorch.
import { expect, test } from 'vitest';
import { testedEngines } from '../../test/engines.ts';
import witness from '../../test/witness/grad-cam.json' with { type: 'json' };
import { withExecutable } from '../engines/with-executable.ts';
import {
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../nn/index.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { activationProgram, classDirection } from './activation-program.ts';
import { gradCam } from './grad-cam.ts';
import { interpolate } from './map-2d.ts';

const network = new Sequential({
  conv1: new Conv2d(2, 3, 3, { padding: 1 }),
  relu1: new ReLU(),
  pool: new MaxPool2d(2),
  conv2: new Conv2d(3, 4, 2),
  relu2: new ReLU(),
  flatten: new Flatten(),
  fc: new Linear(16, 3),
});
const model = defineModel({ name: 'witness', network, input: [2, 6, 6], classes: 3 });

function toTensor({ shape, data }: { shape: number[]; data: number[] }): FloatTensor {
  return floatTensor(shape, data);
}

const weights = new Map(Object.entries(witness.weights).map(([name, stored]) => [name, toTensor(stored)]));

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
}

test.each(testedEngines)('$name: layer outputs and Grad-CAM agree with PyTorch', async (engine) => {
  const layers = Object.keys(witness.outputs);
  const program = activationProgram(model, {
    batchSize: 1,
    loss: softmaxCrossEntropy(),
    layers,
    gradientLayers: ['relu1', 'relu2'],
  });
  await withExecutable(engine, program, weights, async (executable) => {
    for (const { layer, class: index, map } of witness.gradCam) {
      const feeds = { images: toTensor(witness.image), direction: classDirection(3, index) };
      const results = (await executable.run(feeds)) as Record<string, FloatTensor>;
      for (const [name, { data }] of Object.entries(witness.outputs)) {
        expectClose(results[`output ${name}`].data, data);
      }
      const found = gradCam(results[`output ${layer}`], results[`gradient ${layer}`]);
      expect([found.height, found.width]).toEqual(map.shape);
      expectClose(found.data, map.data);
    }
  });
});

test('maps are interpolated as in PyTorch', () => {
  const { shape, data } = witness.plane;
  const map = { height: shape[0], width: shape[1], data: Float32Array.from(data) };
  for (const expected of witness.enlarged) {
    expectClose(interpolate(map, expected.shape[0], expected.shape[1]).data, expected.data);
  }
});
