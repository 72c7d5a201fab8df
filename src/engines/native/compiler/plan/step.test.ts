// The planners, without a compiler: what a program becomes is a text.
import { expect, test } from 'vitest';
import { createModel } from '../../../../models/index.ts';
import {
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../../../../nn/index.ts';
import { momentum } from '../../../../optim/momentum.ts';
import { sgd } from '../../../../optim/sgd.ts';
import { forwardProgram, trainProgram } from '../../../../program/programs.ts';
import { rules } from '../../kernels/index.ts';
import type { Target } from '../kernel.ts';
import { formatPlan, planStep, type StepPlan } from './step.ts';

const target: Target = { lanes: 8, registers: 16, threads: 2 };
const loss = softmaxCrossEntropy();
const resnet = (options = {}) => createModel('resnet18', { classes: 10, input: [3, 32, 32], ...options });
const kinds = ({ calls }: StepPlan) => calls.map(({ kind }) => kind);

test('a small network becomes a few calls in one arena', () => {
  const network = new Sequential({
    conv: new Conv2d(3, 8, 3),
    relu: new ReLU(),
    flatten: new Flatten(),
    fc: new Linear(32, 2),
  });
  const model = defineModel({ name: 'small', network, input: [3, 4, 4], classes: 2 });
  expect(formatPlan(planStep(forwardProgram(model, { batchSize: 1 }), rules, target))).toMatchInlineSnapshot(`
    "forward small: 5 calls, 208 floats
    images.image = Reorder: images [1, 3, 4, 4] plain -> images [1, 3, 4, 4] image | @160 @0
    --- barrier
    conv = Conv (direct rows tiles 2x2x1x1 blocks 1x1x1 by outputs outputs outside): images [1, 3, 4, 4] image, conv.weight [8, 3, 3, 3] filter x1, conv.bias [8] plain -> relu [1, 8, 2, 2] image | @0 v2 v1 @128
    --- barrier
    relu.plain = Reorder: relu [1, 8, 2, 2] image -> relu [1, 8, 2, 2] plain | @128 @0
    --- barrier
    flatten = Reshape: relu [1, 8, 2, 2] plain -> flatten [1, 32] plain | @0 @0
    --- barrier
    fc = Gemm: flatten [1, 32] plain, fc.weight [2, 32] plain, fc.bias [2] plain -> fc [1, 2] plain | @0 v4 v3 @32"
  `);
});

test('activations, shortcuts and normalizations disappear into the calls before them', () => {
  const training = kinds(
    planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: sgd() }), rules, target),
  );
  expect(training).not.toContain('Relu');
  expect(training).not.toContain('ReluGrad');
  const inference = kinds(planStep(forwardProgram(resnet(), { batchSize: 2 }), rules, target));
  expect(inference).not.toContain('BatchNormalization');
  expect(inference).not.toContain('Add');
  expect(inference.filter((kind) => kind === 'Conv')).toHaveLength(20);
});

test('only images, logits and gradients of the head are reordered', () => {
  const plan = planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: momentum() }), rules, target);
  const reordered = plan.calls.filter(({ kind }) => kind === 'Reorder');
  expect(reordered.length).toBeLessThanOrEqual(4);
});

test('updates write straight into their variables', () => {
  const plan = planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: momentum() }), rules, target);
  expect(kinds(plan)).not.toContain('Copy');
});

test('calls that share memory are divided by barriers, others are not', () => {
  const { calls } = planStep(
    trainProgram(createModel('lenet5'), { batchSize: 2, loss, optimizer: sgd() }),
    rules,
    target,
  );
  let since: typeof calls = [];
  for (const call of calls) {
    if (call.barrier) since = [];
    for (const earlier of since) {
      const written = earlier.regions.slice(earlier.reads);
      for (const region of call.regions) {
        expect(
          written.some((other) => overlap(region, other)),
          `${earlier.name} and ${call.name}`,
        ).toBe(false);
      }
    }
    since = [...since, call];
  }
  expect(calls.filter(({ barrier }) => barrier).length).toBeLessThan(calls.length);
});

test('memory is shared: a training step needs less than all its tensors together', () => {
  const plan = planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: sgd() }), rules, target);
  const regions = plan.calls
    .flatMap(({ regions, reads }) => regions.slice(reads))
    .filter(({ buffer }) => buffer === 0);
  const all = regions.reduce((sum, { size }) => sum + size, 0);
  expect(plan.memory).toBeLessThan(all / 2);
});

test('a variable keeps the layout that another program gave it', () => {
  const first = planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: sgd() }), rules, target);
  const second = planStep(forwardProgram(resnet(), { batchSize: 5 }), rules, target, first.layouts);
  for (const [name, layout] of second.layouts) expect(layout, name).toEqual(first.layouts.get(name));
  const everyRun = kinds(second).slice(second.preparation);
  expect(everyRun.filter((kind) => kind === 'Reorder').length).toBeLessThanOrEqual(2);
});

test('what depends on variables alone comes first, and nothing overwrites it later', () => {
  const { calls, preparation } = planStep(forwardProgram(resnet(), { batchSize: 2 }), rules, target);
  const [made, everyRun] = [calls.slice(0, preparation), calls.slice(preparation)];
  expect(new Set(made.map(({ kind }) => kind))).toEqual(new Set(['FoldStatistics', 'Reorder']));
  expect(everyRun.map(({ kind }) => kind)).not.toContain('FoldStatistics');
  const kept = made.flatMap(({ regions, reads }) => regions.slice(reads));
  for (const { name, regions, reads } of everyRun) {
    const written = regions.slice(reads);
    expect(
      written.some((region) => kept.some((other) => overlap(region, other))),
      name,
    ).toBe(false);
  }
});

test('every call belongs to a layer of the model and a part of the step', () => {
  const { calls } = planStep(
    trainProgram(createModel('lenet5'), { batchSize: 2, loss, optimizer: momentum() }),
    rules,
    target,
  );
  const originOf = (name: string) => calls.find((call) => call.name === name)?.origin;
  expect(originOf('conv1')).toEqual({ layer: 'conv1', phase: 'forward' });
  expect(originOf('fc1.grad.Gemm')).toEqual({ layer: 'fc1', phase: 'input gradient' });
  expect(originOf('fc1.grad.Gemm_2')).toEqual({ layer: 'fc1', phase: 'weight gradient' });
  expect(originOf('fc1.weight.update')).toEqual({ layer: 'fc1', phase: 'update' });
  const reorders = calls.filter(({ kind }) => kind === 'Reorder');
  expect(reorders.map(({ name, origin }) => [name, origin.layer, origin.phase])).toMatchInlineSnapshot(`
    [
      [
        "pool2.plain",
        "pool2",
        "forward",
      ],
      [
        "conv3.grad.ConvGradInput.image",
        "conv3",
        "input gradient",
      ],
    ]
  `);
});

test('a program that changes variables prepares nothing', () => {
  const plan = planStep(trainProgram(resnet(), { batchSize: 2, loss, optimizer: sgd() }), rules, target);
  expect(plan.preparation).toBe(0);
  expect(plan.changed).toBeUndefined();
});

function overlap(a: { buffer: number; place: number; size: number }, b: typeof a): boolean {
  return a.buffer === b.buffer && a.place < b.place + b.size && b.place < a.place + a.size;
}
