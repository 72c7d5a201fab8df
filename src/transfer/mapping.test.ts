// Whose values a parameter gets.
import { expect, test } from 'vitest';
import type { FileFormat } from '../formats/index.ts';
import type { Shape } from '../tensor/shape.ts';
import { mapWeights, type WeightFile } from './mapping.ts';
import { possibleNames } from './names.ts';

const parameters = shapes({
  'conv.weight': [4, 1, 3, 3],
  'bn.weight': [4],
  'bn.running_mean': [4],
  'bn.running_var': [4],
  'fc1.weight': [5, 5],
  'fc2.weight': [2, 5],
});

function shapes(entries: Record<string, Shape>) {
  return new Map(Object.entries(entries).map(([name, shape]) => [name, { shape }]));
}

function file(entries: Record<string, Shape>, format: FileFormat = 'pytorch'): WeightFile {
  const tensors = Object.entries(entries).map(([name, shape]) => [name, { type: 'F32', shape }] as const);
  return { format, tensors: new Map(tensors), roles: new Map(), skipped: [] };
}

const own = Object.fromEntries([...parameters].map(([name, { shape }]) => [name, shape]));

test('a file with the same names fits', () => {
  const mapping = mapWeights(parameters, file(own));
  expect(mapping).toMatchObject({ by: 'name', missing: [], unexpected: [], mismatched: [] });
  expect(mapping.assigned.map(({ name }) => name)).toEqual([...parameters.keys()]);
  expect(mapping.assigned.some(({ transposed }) => transposed)).toBe(false);
});

test('a prefix of all names is removed', () => {
  const prefixed = Object.fromEntries(
    Object.entries(own).map(([name, shape]) => [`state_dict.module.${name}`, shape]),
  );
  const mapping = mapWeights(parameters, file({ epoch: [1], ...prefixed }));
  expect(mapping.assigned).toHaveLength(parameters.size);
  expect(mapping.assigned[0]).toEqual({
    name: 'conv.weight',
    source: 'state_dict.module.conv.weight',
    transposed: false,
  });
  expect(mapping.unexpected).toEqual([]);
  expect(mapping.skipped).toEqual([{ name: 'epoch', reason: 'is not a parameter of the network' }]);
});

test('batch counters are not unexpected tensors', () => {
  expect(mapWeights(parameters, file({ ...own, 'bn.num_batches_tracked': [] })).unexpected).toEqual([]);
});

test("Paddle's names and transposed matrices are understood, including square ones", () => {
  const { 'bn.running_mean': mean, 'bn.running_var': variance, ...rest } = own;
  const paddle = { ...rest, 'bn._mean': mean, 'bn._variance': variance, 'fc2.weight': [5, 2] };
  const mapping = mapWeights(parameters, file(paddle, 'paddle'));
  expect(mapping).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  const turned = mapping.assigned.filter(({ transposed }) => transposed).map(({ name }) => name);
  expect(turned).toEqual(['fc1.weight', 'fc2.weight']);
});

test('without other matrices, a square matrix is transposed only for Paddle', () => {
  const square = shapes({ 'fc.weight': [3, 3] });
  const turned = (format: FileFormat) =>
    mapWeights(square, file({ 'fc.weight': [3, 3] }, format)).assigned[0].transposed;
  expect(turned('paddle')).toBe(true);
  expect(turned('pytorch')).toBe(false);
});

test('missing, unexpected and mismatched tensors are reported separately', () => {
  const { 'conv.weight': _, ...rest } = own;
  const mapping = mapWeights(parameters, file({ ...rest, 'fc2.weight': [10, 5], 'head.bias': [10] }));
  expect(mapping.missing).toEqual(['conv.weight']);
  expect(mapping.unexpected).toEqual(['head.bias']);
  expect(mapping.mismatched).toEqual([{ name: 'fc2.weight', expected: [2, 5], got: [10, 5] }]);
});

function renamed(change: (name: string) => string): Record<string, Shape> {
  return Object.fromEntries(Object.entries(own).map(([name, shape]) => [change(name), shape]));
}

test('if no name matches, tensors are matched by order, provided that names agree', () => {
  const layers: Record<string, string> = { conv: '0', bn: '1', fc1: '4', fc2: '6' };
  const numbered = renamed((name) => name.replace(/^\w+/, (layer) => layers[layer]));
  const mapping = mapWeights(parameters, file(numbered));
  expect(mapping.by).toBe('order');
  expect(mapping.assigned.map(({ source }) => source)).toEqual(Object.keys(numbered));
  const { '6.weight': _, ...fewer } = numbered;
  expect(mapWeights(parameters, file(fewer))).toMatchObject({ by: 'name', assigned: [] });
});

test('the order is rejected if names contradict it, or do not confirm it', () => {
  const findConflicts = (entries: Record<string, Shape>) => {
    const { by, assigned, conflicts } = mapWeights(parameters, file(entries));
    expect({ by, assigned }).toEqual({ by: 'name', assigned: [] });
    return conflicts.map(({ name, source }) => `${source} for ${name}`);
  };
  const statisticsFirst = {
    a: 'c.weight',
    b: 'n.running_mean',
    c: 'n.running_var',
    d: 'n.gamma',
    e: 'f.weight',
    f: 'g.weight',
  };
  const names = Object.values(statisticsFirst);
  expect(findConflicts(Object.fromEntries(Object.values(own).map((shape, i) => [names[i], shape])))).toEqual([
    'n.running_mean for bn.weight',
    'n.running_var for bn.running_mean',
    'n.gamma for bn.running_var',
  ]);
  const nameless = Object.fromEntries(Object.values(own).map((shape, i) => [`arr_${i}`, shape]));
  expect(findConflicts(nameless)).toEqual([
    'arr_1 for bn.weight',
    'arr_2 for bn.running_mean',
    'arr_3 for bn.running_var',
  ]);
});

test('layers of the same shape are matched by order only if numbers in their names confirm it', () => {
  const twins = shapes({ 'c1.weight': [2, 2, 3, 3], 'c2.weight': [2, 2, 3, 3] });
  const byOf = (first: string, second: string) =>
    mapWeights(twins, file({ [first]: [2, 2, 3, 3], [second]: [2, 2, 3, 3] })).by;
  expect(byOf('layers.2.weight', 'layers.10.weight')).toBe('order');
  expect(byOf('layers.10.weight', 'layers.2.weight')).toBe('name');
  expect(byOf('left.weight', 'right.weight')).toBe('name');
});

test('tensors of the training state and unreadable ones are skipped; another layer is not', () => {
  const extra = { 'criterion.weight': [2], n_averaged: [], scale: [4] };
  const skipped = [{ name: 'extra_fp8', reason: 'is of type F8_E4M3' }];
  expect(mapWeights(parameters, { ...file({ ...own, ...extra }), skipped })).toMatchObject({
    unexpected: [],
    missing: [],
  });
  expect(mapWeights(parameters, file({ ...own, 'conv4.weight': [4, 4, 3, 3] })).unexpected).toEqual([
    'conv4.weight',
  ]);
  expect(mapWeights(parameters, file({ ...own, 'bn.alpha': [1] })).unexpected).toEqual(['bn.alpha']);
});

test('of two sets of weights with different prefixes the first is loaded, averaged ones only if there is no other', () => {
  const prefixed = (prefix: string) => renamed((name) => `${prefix}.${name}`);
  const mapping = mapWeights(parameters, file({ ...prefixed('ema'), ...prefixed('model') }));
  expect(mapping).toMatchObject({ prefix: 'model.', otherPrefixes: ['ema.'], unexpected: [], skipped: [] });
});

test('names of Hugging Face and other ResNets are understood', () => {
  const pairs: Record<string, string> = {
    'resnet.embedder.embedder.convolution.weight': 'conv1.weight',
    'resnet.embedder.embedder.normalization.running_mean': 'bn1.running_mean',
    'encoder.stages.1.layers.0.layer.2.convolution.weight': 'layer2.0.conv3.weight',
    'resnet.encoder.stages.3.layers.1.layer.0.normalization.bias': 'layer4.1.bn1.bias',
    'resnet.encoder.stages.0.layers.0.shortcut.convolution.weight': 'layer1.0.downsample.0.weight',
    'resnet.encoder.stages.0.layers.0.shortcut.normalization.running_var':
      'layer1.0.downsample.1.running_var',
    'classifier.1.bias': 'fc.bias',
    'layer2.0.shortcut.1.weight': 'layer2.0.downsample.1.weight',
    'linear.weight': 'fc.weight',
    'conv1/kernel:0': 'conv1.weight',
  };
  for (const [theirs, ours] of Object.entries(pairs)) expect(possibleNames(theirs)).toContain(ours);
});
