import { expect, test } from 'vitest';
import { divide, multiply } from '../expressions/builders.ts';
import { Graph } from '../graph/graph.ts';
import { formatNodes } from '../graph/print.ts';
import { relu } from '../ops/activations.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { conv } from '../ops/conv.ts';
import { elementwise } from '../ops/elementwise.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { SoftmaxGrad } from '../ops/softmax.ts';
import { gradients } from './gradients.ts';

function twoLayers() {
  const graph = new Graph('training');
  const x = graph.input('images', { shape: [1, 1, 4, 4], dtype: 'float32' }, 'batch');
  const first = graph.variable({ name: 'first', shape: [2, 1, 3, 3], role: 'parameter' });
  const second = graph.variable({ name: 'second', shape: [1, 2, 2, 2], role: 'parameter' });
  const hidden = graph.within('hidden', () => relu(graph.within('conv1', () => conv(x, first))));
  const loss = reduceSum(graph.within('conv2', () => conv(hidden, second)));
  return { graph, first, second, loss };
}

test('the gradient of two convolutions follows the chain rule', () => {
  const { graph, first, second, loss } = twoLayers();
  const before = graph.nodes.length;
  const [dFirst, dSecond] = gradients(loss, [first, second]);
  expect([dFirst.shape, dSecond.shape]).toEqual([first.shape, second.shape]);
  expect(formatNodes(graph.nodes.slice(before))).toMatchInlineSnapshot(`
    "ReduceSum.grad = Reshape(constant_7) {shape: [1, 1, 1, 1]} : float32[1, 1, 1, 1]
    conv2.grad.ConvGradInput = ConvGradInput(ReduceSum.grad, second) {strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, inputShape: [1, 2, 2, 2]} : float32[1, 2, 2, 2]
    conv2.grad.ConvGradWeight = ConvGradWeight(hidden.Relu, ReduceSum.grad) {strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, weightShape: [1, 2, 2, 2]} : float32[1, 2, 2, 2]
    hidden.Relu.grad = ReluGrad(conv2.grad.ConvGradInput, hidden.Relu) : float32[1, 2, 2, 2]
    conv1.grad = ConvGradWeight(images, hidden.Relu.grad) {strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, weightShape: [2, 1, 3, 3]} : float32[2, 1, 3, 3]"
  `);
});

test('gradients of a value that is used several times are added', () => {
  const graph = new Graph('training');
  const x = graph.variable({ name: 'x', shape: [3], role: 'parameter' });
  const [dx] = gradients(reduceSum(add(mul(x, x), x)), [x]);
  expect(graph.nodes.filter(({ operator }) => operator.name === 'Add')).toHaveLength(3);
  expect(dx.shape).toEqual([3]);
});

test('a loss that is not a scalar is an error', () => {
  const { graph, first } = twoLayers();
  expect(() => gradients(graph.nodes[0].outputs[0], [first])).toThrow(
    /the loss must be a scalar, but has shape/,
  );
});

test('a target that the loss does not depend on is named', () => {
  const { graph, loss } = twoLayers();
  const unused = graph.variable({ name: 'unused', shape: [1], role: 'parameter' });
  expect(() => gradients(loss, [unused])).toThrow(/the loss does not depend on "unused"/);
});

test('an operator that is declared not differentiable is named', () => {
  const graph = new Graph('training');
  const weight = graph.variable({ name: 'w', shape: [2], role: 'parameter' });
  const output = graph.apply(SoftmaxGrad, [weight, weight], { axis: 0 });
  expect(() => gradients(reduceSum(output), [weight])).toThrow(
    'SoftmaxGrad (SoftmaxGrad) is not differentiable, but the loss depends on parameters through it',
  );
});

test('the gradient of an elementwise operator is differentiable', () => {
  const graph = new Graph('training');
  const x = graph.variable({ name: 'x', shape: [2], role: 'parameter' });
  const cube = elementwise({
    name: 'Cube',
    operands: ['x'],
    formula: ({ x: each }) => multiply(each, multiply(each, each)),
  });
  const [first] = gradients(reduceSum(graph.apply(cube, [x], {})), [x]);
  const [second] = gradients(reduceSum(first), [x]);
  expect(second.shape).toEqual([2]);
  expect(formatNodes(graph.nodes)).toContain('CubeGradGrad');
});

test('an elementwise operator with several outputs is not differentiable', () => {
  const Split = elementwise({
    name: 'Split',
    operands: ['x'],
    formula: ({ x }) => ({ half: divide(x, 2), double: multiply(2, x) }),
  });
  const graph = new Graph('training');
  const x = graph.variable({ name: 'x', shape: [], role: 'parameter' });
  const [half] = graph.add(Split, [x], {});
  expect(() => gradients(half, [x])).toThrow('Split has several outputs and is not differentiable');
});
