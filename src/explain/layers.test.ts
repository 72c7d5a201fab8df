// Layers by name.
import { expect, test } from 'vitest';
import { summarize } from '../diagnose/summary.ts';
import { createModel } from '../models/index.ts';
import { defineModel, Flatten, Linear, Sequential } from '../nn/index.ts';
import {
  defaultLayers,
  filterName,
  isSpatial,
  lastSpatialConvolution,
  layerOutput,
  traceLayers,
} from './layers.ts';

const residual = createModel('resnet20-cifar', { input: [3, 16, 16] });

test('layers are named as in the summary, and modules by their paths', () => {
  const layers = traceLayers(residual, 2);
  for (const { name, output } of summarize(residual, 2).layers) {
    expect(layerOutput(layers, name).shape).toEqual(output);
  }
  expect(layerOutput(layers, 'layer2').shape).toEqual([2, 32, 8, 8]);
  expect(layerOutput(layers, 'layer2')).toBe(
    layers.nodes.findLast(({ name }) => name.startsWith('layer2.'))!.outputs[0],
  );
});

test('a wrong name is answered with the right ones', () => {
  const layers = traceLayers(createModel('lenet5'), 1);
  expect(() => layerOutput(layers, 'conv4')).toThrow(
    /unknown layer "conv4"\. Did you mean "conv\d"\? Known: conv1, .*fc2/,
  );
});

test('the default layers are the first, the middle and the last convolution', () => {
  const layers = traceLayers(residual, 1);
  const [first, middle, last] = defaultLayers(layers);
  expect([first, last]).toEqual(['conv1', 'layer3.2.conv2']);
  expect(middle).toMatch(/^layer2\.\d\.conv\d$/);
});

test('the last spatial convolution is the last one with more than one position', () => {
  const layers = traceLayers(createModel('lenet5'), 1);
  expect(defaultLayers(layers)).toEqual(['conv1', 'conv2', 'conv3']);
  expect(isSpatial(layerOutput(layers, 'conv3'))).toBe(false);
  expect(lastSpatialConvolution(layers)).toBe('conv2');
});

test('only convolutions have filters', () => {
  const withFilters = traceLayers(createModel('lenet5'), 1).nodes.flatMap((node) => filterName(node) ?? []);
  expect(withFilters).toEqual(['conv1.weight', 'conv2.weight', 'conv3.weight']);
});

test('a network without convolutions has no default layers', () => {
  const network = new Sequential({ flatten: new Flatten(), fc: new Linear(16, 2) });
  const layers = traceLayers(defineModel({ name: 'linear', network, input: [1, 4, 4], classes: 2 }), 1);
  expect(() => defaultLayers(layers)).toThrow(/no convolution.*name a layer/);
  expect(lastSpatialConvolution(layers)).toBeUndefined();
});
