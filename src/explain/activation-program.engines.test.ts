// Activations and their gradients on every engine.
import { expect, test } from 'vitest';
import { testedEngines } from '../../test/engines.ts';
import { lossFor } from '../diagnose/random-feeds.ts';
import { withExecutable } from '../engines/with-executable.ts';
import { createModel } from '../models/index.ts';
import { initialize, type Model } from '../nn/index.ts';
import { RandomStream } from '../tensor/random.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type Tensor } from '../tensor/tensor.ts';
import { activationProgram, classDirection } from './activation-program.ts';
import { traceLayers } from './layers.ts';

const models: readonly Model[] = [
  createModel('lenet5'),
  createModel('resnet20-cifar', { input: [3, 16, 16] }),
];

/** All activations of a model for one random image, and the gradients of the last logit with respect to them. */
async function allActivations(model: Model, engine: (typeof testedEngines)[number]) {
  const layers = traceLayers(model, 1).nodes.map(({ name }) => name);
  const program = activationProgram(model, {
    batchSize: 1,
    loss: lossFor(model),
    layers,
    gradientLayers: layers,
  });
  const stream = new RandomStream(3, 'image');
  const shape = [1, ...model.input];
  const images = floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => stream.normal(i)),
  );
  const weights = initialize(model.network, model.init, 0);
  const direction = classDirection(model.classes, model.classes - 1);
  return withExecutable(engine, program, weights, (executable) => executable.run({ images, direction }));
}

function expectSame(found: Tensor, expected: FloatTensor): void {
  const scale = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = expected.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - found.data[i])),
    0,
  );
  expect(found.shape).toEqual(expected.shape);
  expect(difference).toBeLessThanOrEqual(1e-5 * scale);
}

const [reference, ...others] = testedEngines;

test.each(models)('$name: activations and gradients agree on all engines', async (model) => {
  const expected = (await allActivations(model, reference)) as Record<string, FloatTensor>;
  for (const engine of others) {
    const found = await allActivations(model, engine);
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, tensor] of Object.entries(expected)) expectSame(found[name], tensor);
  }
});

test('a single output is the logit of class 1 and minus the logit of class 0', () => {
  expect([...classDirection(1, 1).data, ...classDirection(1, 0).data]).toEqual([1, -1]);
  expect([...classDirection(3, 2).data]).toEqual([0, 0, 1]);
});
