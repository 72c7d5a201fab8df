// Tests of what fine-tuning freezes and takes over, on the reference engine and on built-in networks.
import { expect, test } from 'vitest';
import { tinyData, tinyModel } from '../../test/tiny.ts';
import { UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { createModel } from '../models/index.ts';
import { initialize, type Model, namedParameters, softmaxCrossEntropy } from '../nn/index.ts';
import { sgd } from '../optim/sgd.ts';
import { headParameters } from '../program/head.ts';
import { trainProgram } from '../program/programs.ts';
import { freeze, inherit } from './fine-tuning.ts';
import { train } from './train.ts';

function trainableNames({ network }: Model): string[] {
  return [...namedParameters(network).values()].flatMap(({ name, trainable }) => (trainable ? [name] : []));
}

/** What `inherit` reads of a checkpoint. */
function checkpointOf(model: Model): Checkpoint {
  return { model, weights: initialize(model.network, model.init, 1) } as unknown as Checkpoint;
}

test.each([
  ['lenet5', ['fc2.weight', 'fc2.bias']],
  ['resnet20-cifar', ['linear.weight', 'linear.bias']],
  ['squeezenet1.1', ['classifier.1.weight', 'classifier.1.bias']],
] as const)('the head of %s is the layer that gives the logits', (name, expected) => {
  expect(headParameters(createModel(name)).sort()).toEqual(expected.toSorted());
});

test('the heads of auxiliary classifiers are heads, too', () => {
  const heads = headParameters(createModel('googlenet', { auxiliary: true, input: [3, 64, 64] }));
  expect(heads.filter((name) => name.endsWith('.weight'))).toHaveLength(3);
});

test('what is frozen gets neither a gradient nor an update, and its batch normalization keeps its statistics', async () => {
  const model = createModel('resnet20-cifar', { classes: 4, input: [3, 8, 8] });
  freeze(model, ['all-but-head']);
  expect(trainableNames(model)).toEqual(headParameters(model));
  const { nodes, updates } = trainProgram(model, {
    batchSize: 2,
    loss: softmaxCrossEntropy(),
    optimizer: sgd(),
  });
  expect([...updates.keys()].sort()).toEqual(['linear.bias', 'linear.weight']);
  const operators = new Set(nodes.map(({ operator }) => operator.name));
  expect([...operators].filter((name) => name.startsWith('ConvGrad') || name.endsWith('Training'))).toEqual(
    [],
  );
});

test('a part is a whole name between dots', () => {
  const model = createModel('resnet20-cifar', { classes: 4, input: [3, 8, 8] });
  freeze(model, ['layer1', 'conv1.weight']);
  expect(trainableNames(model).some((name) => name.startsWith('layer1.'))).toBe(false);
  expect(trainableNames(model)).toContain('layer2.0.conv1.weight');
  expect(() => freeze(model, ['layer'])).toThrow(UsageError);
});

test('training leaves frozen weights and statistics as they are', async () => {
  const start = tinyModel();
  const { checkpoint } = await train(start, tinyData(), {
    engine,
    epochs: 1,
    freeze: ['conv', 'bn'],
    seed: 3,
  });
  const drawn = initialize(tinyModel().network, start.init, 3);
  for (const name of ['conv.weight', 'bn.weight', 'bn.running_mean', 'bn.running_var']) {
    expect(checkpoint.weights.get(name)).toEqual(drawn.get(name));
  }
  expect(checkpoint.weights.get('fc.weight')).not.toEqual(drawn.get('fc.weight'));
});

test('a network for other classes takes all but the head', () => {
  const taken = inherit(tinyModel({ classes: 4 }), checkpointOf(tinyModel()));
  expect(taken.reinitialized).toEqual(['fc.weight', 'fc.bias']);
  expect([...taken.weights.keys()]).toEqual(
    [...namedParameters(tinyModel().network).keys()].filter((name) => !name.startsWith('fc.')),
  );
  expect(inherit(tinyModel(), checkpointOf(tinyModel())).reinitialized).toEqual([]);
});

test('a network that differs in more than its head is refused', () => {
  const small = createModel('resnet20-cifar', { classes: 4, input: [3, 8, 8] });
  const other = checkpointOf(createModel('lenet5'));
  expect(() => inherit(small, other)).toThrow(
    /the checkpoint holds lenet5, whose weights do not fit resnet20-cifar outside its head: \d+ missing/,
  );
});
