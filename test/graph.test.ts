import { expect, test } from 'vitest';
import { Graph, liveNodes } from '../src/graph/graph.ts';
import { formatNodes } from '../src/graph/print.ts';
import { relu } from '../src/ops/activations.ts';
import { add } from '../src/ops/arithmetic.ts';
import { conv } from '../src/ops/conv.ts';

const image = { shape: [1, 2, 4, 4], dtype: 'float32' } as const;

test('a node is checked when it is added, with the shapes in the message', () => {
  const graph = new Graph('inference');
  const x = graph.input('images', image, 'batch');
  const weight = graph.variable({ name: 'weight', shape: [3, 1, 3, 3], role: 'parameter' });
  expect(() => conv(x, weight)).toThrow(
    /Conv has input \[1, 2, 4, 4\], weight \[3, 1, 3, 3\] and group 1; the input's channels must be/,
  );
});

test('repeated calls for a variable return the same value', () => {
  const graph = new Graph('inference');
  const variable = { name: 'w', shape: [2], role: 'parameter' } as const;
  expect(graph.variable(variable)).toBe(graph.variable({ ...variable }));
  expect(() => graph.variable({ ...variable, shape: [3] })).toThrow(/two variables are called "w"/);
});

test('a parameter outside a module is an error', () => {
  const graph = new Graph('inference');
  expect(() => graph.variable({ name: '', shape: [1], role: 'parameter' })).toThrow(
    /store every Parameter in a field/,
  );
});

test('values of two graphs cannot be combined', () => {
  const a = new Graph('inference').input('a', image, 'batch');
  const b = new Graph('inference').input('b', image, 'batch');
  expect(() => add(a, b)).toThrow(/"b", which belongs to another graph/);
});

test('an update has the shape of its variable and occurs once', () => {
  const graph = new Graph('training');
  const variable = { name: 'w', shape: [2], role: 'buffer' } as const;
  const value = graph.variable(variable);
  graph.update(variable, value);
  expect(() => graph.update(variable, value)).toThrow(/updated twice/);
  const other = graph.input('x', image, 'batch');
  expect(() => graph.update({ ...variable, name: 'v' }, other)).toThrow(/the shapes must be equal/);
});

test('nodes are named after their scope, and a single node takes its name', () => {
  const graph = new Graph('inference');
  const x = graph.input('x', image, 'batch');
  graph.within('block', () => relu(relu(x)));
  graph.within('single', () => relu(x));
  graph.within('stack', () => graph.within('stack.1', () => relu(x)));
  expect(formatNodes(graph.nodes)).toBe(
    [
      'block.Relu = Relu(x) : float32[1, 2, 4, 4]',
      'block.Relu_2 = Relu(block.Relu) : float32[1, 2, 4, 4]',
      'single = Relu(x) : float32[1, 2, 4, 4]',
      'stack.1 = Relu(x) : float32[1, 2, 4, 4]',
    ].join('\n'),
  );
});

test('only nodes that a result depends on are kept', () => {
  const graph = new Graph('inference');
  const x = graph.input('x', image, 'batch');
  const used = relu(x);
  relu(used);
  expect(liveNodes(graph.nodes, [used])).toEqual([graph.nodes[0]]);
});
