// Whose values a parameter gets.
import { expect, test } from 'vitest';
import type { FileFormat } from '../formats/index.ts';
import type { Shape } from '../tensor/shape.ts';
import { mapWeights, type WeightFile } from './mapping.ts';

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

test('a prefix that all names share is left out', () => {
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
  expect(mapping.unexpected).toEqual(['epoch']);
});

test('counters of batches are no tensors that a model misses a place for', () => {
  expect(mapWeights(parameters, file({ ...own, 'bn.num_batches_tracked': [] })).unexpected).toEqual([]);
});

test("Paddle's names and its turned matrices are understood, square ones too", () => {
  const { 'bn.running_mean': mean, 'bn.running_var': variance, ...rest } = own;
  const paddle = { ...rest, 'bn._mean': mean!, 'bn._variance': variance!, 'fc2.weight': [5, 2] };
  const mapping = mapWeights(parameters, file(paddle, 'paddle'));
  expect(mapping).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  const turned = mapping.assigned.filter(({ transposed }) => transposed).map(({ name }) => name);
  expect(turned).toEqual(['fc1.weight', 'fc2.weight']);
});

test('a square matrix alone is turned only in a file of Paddle', () => {
  const square = shapes({ 'fc.weight': [3, 3] });
  const turned = (format: FileFormat) =>
    mapWeights(square, file({ 'fc.weight': [3, 3] }, format)).assigned[0]!.transposed;
  expect(turned('paddle')).toBe(true);
  expect(turned('pytorch')).toBe(false);
});

test('what is missing, unexpected or of another shape is told apart', () => {
  const { 'conv.weight': _, ...rest } = own;
  const mapping = mapWeights(parameters, file({ ...rest, 'fc2.weight': [10, 5], 'head.bias': [10] }));
  expect(mapping.missing).toEqual(['conv.weight']);
  expect(mapping.unexpected).toEqual(['head.bias']);
  expect(mapping.mismatched).toEqual([{ name: 'fc2.weight', expected: [2, 5], got: [10, 5] }]);
});

test('where no name fits, the order of shapes decides, if it is the same throughout', () => {
  const renamed = Object.fromEntries(Object.values(own).map((shape, i) => [`p${i}`, shape]));
  const mapping = mapWeights(parameters, file(renamed));
  expect(mapping.by).toBe('order');
  expect(mapping.assigned.map(({ source }) => source)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);
  const { p5: _, ...fewer } = renamed;
  expect(mapWeights(parameters, file(fewer))).toMatchObject({ by: 'name', assigned: [] });
});
