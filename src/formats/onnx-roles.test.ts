// What an initializer is to the operator that reads it.
import { expect, test } from 'vitest';
import { findRoles, type GraphNode } from './onnx-roles.ts';

function node(name: string, operator: string, inputs: readonly string[], output = ''): GraphNode {
  return { name, operator, inputs, output };
}

test.each([
  ['/conv1/Conv', 'conv1.weight'],
  ['/layer1/layer1.0/conv1/Conv', 'layer1.0.conv1.weight'],
  ['/layer2/layer2.0/downsample/downsample.0/Conv_3', 'layer2.0.downsample.0.weight'],
  ['/features/features.0/features.0.0/Conv', 'features.0.0.weight'],
  ['/features/features.1/conv/conv.0/conv.0.0/Conv', 'features.1.conv.0.0.weight'],
  ['layer1.0.conv1', 'layer1.0.conv1.weight'],
])('the weight of "%s" is %s', (name, role) => {
  expect([...findRoles([node(name, 'Conv', ['x', 'w', 'b'])])][0]).toEqual([role, 'w']);
});

test('an initializer that further names stand for has their roles, too', () => {
  const nodes = [
    node('', 'Identity', ['shared'], 'copy'),
    node('', 'Identity', ['copy'], 'copy of the copy'),
    node('/bn1/BatchNormalization', 'BatchNormalization', ['x', 'shared', 'b', 'm', 'v']),
    node('/bn2/BatchNormalization', 'BatchNormalization', ['x', 'copy of the copy', 'b', 'm', 'v']),
  ];
  const roles = findRoles(nodes);
  expect(roles.get('bn1.weight')).toBe('shared');
  expect(roles.get('bn2.weight')).toBe('shared');
  expect(roles.get('bn2.running_var')).toBe('v');
});

test('a node without a name tells nothing', () => {
  expect(findRoles([node('Conv_0', 'Conv', ['x', 'w']), node('', 'Conv', ['x', 'w'])]).size).toBe(0);
});
