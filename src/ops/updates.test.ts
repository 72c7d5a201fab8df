import { expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { floatTensor, scalar, type Tensor } from '../tensor/tensor.ts';
import { AdamUpdate } from './adam-update.ts';
import { MomentumUpdate } from './momentum-update.ts';
import { run } from './run.ts';
import { SgdUpdate, sgdUpdate } from './sgd-update.ts';

const weight = floatTensor([2], [1, -2]);
const gradient = floatTensor([2], [0.5, 4]);
const zero = floatTensor([2], [0, 0]);
const rate = scalar(0.5);

function valuesOf(tensors: readonly Tensor[]): number[][] {
  return tensors.map(({ data }) => [...data]);
}

test('gradient descent with weight decay', () => {
  expect(valuesOf(run(SgdUpdate, [weight, gradient, rate], { weightDecay: 0.25 }))).toEqual([[0.625, -3.75]]);
});

test.each([
  [false, [0.25, -3.5]],
  [true, [0.375, -4.75]],
])('momentum, with Nesterov %s', (nesterov, expected) => {
  const attributes = { momentum: 0.5, nesterov, weightDecay: 0 };
  const velocity = floatTensor([2], [2, -2]);
  expect(valuesOf(run(MomentumUpdate, [weight, velocity, gradient, rate], attributes))).toEqual([
    expected,
    [1.5, 3],
  ]);
});

test.each([
  [false, [0.5, -2.5]],
  [true, [0.25, -2]],
])('the first step of Adam, decoupled %s, moves by the learning rate', (decoupled, expected) => {
  const attributes = { beta1: 0.5, beta2: 0.75, epsilon: 0, weightDecay: 0.5, decoupled };
  const [next] = valuesOf(run(AdamUpdate, [weight, zero, zero, gradient, rate, scalar(1)], attributes));
  expect(next).toEqual(expected);
});

test('a gradient of another shape is an error', () => {
  const graph = new Graph('training');
  const input = (name: string, shape: readonly number[]) =>
    graph.input(name, { shape, dtype: 'float32' }, 'batch');
  const inputs = { weight: input('w', [2]), gradient: input('g', [3]), learningRate: input('rate', []) };
  expect(() => sgdUpdate(inputs, { weightDecay: 0 })).toThrow(/gradient to have shape \[2\], but got \[3\]/);
});
