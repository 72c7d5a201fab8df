import { expect, test } from 'vitest';
import { Graph } from '../../graph/graph.ts';
import { leakyRelu, silu } from '../../ops/activations.ts';
import { namedParameters } from '../module.ts';
import { Conv2d } from './convolution.ts';
import { Sequential } from './sequential.ts';

test('functions are layers without parameters, named like modules', () => {
  const network = new Sequential([new Conv2d(1, 2, 3), leakyRelu, new Sequential({ act: silu })]);
  expect([...namedParameters(network).keys()]).toEqual(['0.weight', '0.bias']);
  const graph = new Graph('inference');
  network.call(graph.input('images', { shape: [1, 1, 5, 5], dtype: 'float32' }, 'batch'));
  expect(graph.nodes.map(({ name, operator }) => [name, operator.name])).toEqual([
    ['0', 'Conv'],
    ['1', 'LeakyRelu'],
    ['2.act', 'Silu'],
  ]);
});
