// What is fused with what, by the kinds of a plan's calls.
import { expect, test } from 'vitest';
import type { Value } from '../../../../graph/graph.ts';
import {
  BatchNorm2d,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
  softmaxCrossEntropy,
} from '../../../../nn/index.ts';
import { gelu, hardSwish, relu, relu6, sigmoid, silu } from '../../../../ops/activations.ts';
import { add, mul } from '../../../../ops/arithmetic.ts';
import { adam } from '../../../../optim/adam.ts';
import { momentum } from '../../../../optim/momentum.ts';
import { forwardProgram, trainProgram } from '../../../../program/programs.ts';
import { rules } from '../../kernels/index.ts';
import type { Target } from '../kernel.ts';
import { planStep } from './step.ts';

const target: Target = { lanes: 8, registers: 16, threads: 2 };
const loss = softmaxCrossEntropy();

class Activation extends Module {
  private readonly activate: (x: Value) => Value;

  constructor(activate: (x: Value) => Value) {
    super();
    this.activate = activate;
  }

  forward(x: Value): Value {
    return this.activate(x);
  }
}

/** x + f(x) */
class Residual extends Module {
  readonly branch: Sequential;

  constructor(branch: Sequential) {
    super();
    this.branch = branch;
  }

  forward(x: Value): Value {
    return add(this.branch.forward(x), x);
  }
}

function modelOf(activate: (x: Value) => Value) {
  const network = new Sequential({
    conv: new Conv2d(3, 20, 3, { padding: 1, bias: false }),
    bn: new BatchNorm2d(20),
    act1: new Activation(activate),
    block: new Residual(
      new Sequential({ conv: new Conv2d(20, 20, 3, { padding: 1, bias: false }), bn: new BatchNorm2d(20) }),
    ),
    act2: new Activation(activate),
    pool: new MaxPool2d(2),
    conv2: new Conv2d(20, 9, 1),
    act3: new Activation(activate),
    flatten: new Flatten(),
    fc1: new Linear(9 * 16, 12),
    act4: new Activation(activate),
    fc2: new Linear(12, 3),
  });
  return defineModel({ name: 'activations', network, input: [3, 8, 8], classes: 3 });
}

function kindsOf(activate: (x: Value) => Value, mode: 'train' | 'predict'): string[] {
  const model = modelOf(activate);
  const program =
    mode === 'train'
      ? trainProgram(model, { batchSize: 2, loss, optimizer: momentum() })
      : forwardProgram(model, { batchSize: 2 });
  return planStep(program, rules, target).calls.map(({ kind }) => kind);
}

test.each([
  ['ReLU', relu],
  ['ReLU6', relu6],
  ['SiLU', silu],
  ['GELU', gelu],
  ['Hardswish', hardSwish],
  ['sigmoid', sigmoid],
  ['two in a row', (x: Value) => silu(relu(x))],
  ['a product with itself', (x: Value) => mul(x, x)],
])('%s and shortcuts disappear into what comes before them', (_, activate) => {
  expect([...new Set(kindsOf(activate, 'predict'))].sort()).toEqual([
    'Conv',
    'FoldStatistics',
    'Gemm',
    'MaxPool',
    'Reorder',
    'Reshape',
  ]);
});

test('gradients of activations disappear into gradients of normalizations and pools', () => {
  const kinds = kindsOf(relu, 'train');
  expect(kinds.filter((kind) => kind.startsWith('Relu'))).toEqual(['ReluGrad', 'ReluGrad']); // Of conv2 and fc1.
  expect(kinds).not.toContain('Add');
});

test('elementwise operators that feed each other become one', () => {
  const model = modelOf(relu);
  const update = { clipNorm: 1, accumulate: 2 };
  const program = trainProgram(model, { batchSize: 2, loss, optimizer: adam(), update });
  const { calls } = planStep(program, rules, target);
  const ofUpdates = calls.filter(({ kind }) => kind.includes('AdamUpdate'));
  expect([...new Set(ofUpdates.map(({ kind }) => kind))]).toEqual(['Mul+AdamUpdate']);
  expect([...new Set(calls.map(({ kind }) => kind).filter((kind) => /Div|Sqrt/.test(kind)))]).toEqual([
    'Mul+Add+Div',
    'Sqrt+Add+Div+Clip',
  ]);
});

test('activations in a row stay apart before their formula gets long', () => {
  const repeated = (x: Value) => Array.from({ length: 40 }).reduce<Value>((y) => gelu(y), x);
  const kinds = kindsOf(repeated, 'predict').filter((kind) => kind.includes('Gelu'));
  const lengths = kinds.map((kind) => kind.split('+').length);
  expect(lengths).toContain(2);
  expect(Math.max(...lengths)).toBeLessThan(5);
});
