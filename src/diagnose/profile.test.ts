// Profiles made from the times of kernels.
import { expect, test } from 'vitest';
import type { KernelTime } from '../engines/instruments.ts';
import { createModel } from '../models/index.ts';
import { softmaxCrossEntropy } from '../nn/index.ts';
import { momentum } from '../optim/momentum.ts';
import { trainProgram } from '../program/programs.ts';
import { profileOf } from './profile.ts';
import { partsOf } from './profile-parts.ts';

const machine = { gflops: 100, gigabytesPerSecond: 10 };

function programOf(name: 'lenet5' | 'resnet18') {
  const model = createModel(name, { input: [1, 32, 32], classes: 10 });
  return trainProgram(model, { batchSize: 2, loss: softmaxCrossEntropy(), optimizer: momentum() });
}

const kernel = (name: string, kind: string, milliseconds: number, further: Partial<KernelTime> = {}) => ({
  name,
  kind,
  milliseconds,
  waitingMilliseconds: 0,
  flops: 0,
  bytes: 0,
  ...further,
});

test('every node of a training step belongs to a layer of the model, in a direction', () => {
  const program = programOf('resnet18');
  const partOf = partsOf(program);
  expect(partOf('layer1.0.conv1')).toEqual({ layer: 'layer1.0.conv1', direction: 'forward' });
  expect(partOf('layer1.0.conv1.grad.ConvGradInput').direction).toBe('input gradient');
  expect(partOf('layer1.0.conv1.grad.ConvGradWeight').direction).toBe('weight gradient');
  expect(partOf('layer1.0.conv1.weight.update')).toEqual({ layer: 'layer1.0.conv1', direction: 'update' });
  expect(partOf('bn1.grad')).toEqual({ layer: 'bn1', direction: 'gradients' });
  const layers = new Set(program.nodes.map(({ name }) => name));
  const strangers = program.nodes.map(({ name }) => partOf(name).layer).filter((layer) => !layers.has(layer));
  expect(strangers).toEqual([]);
});

test('products that give gradients of weights are told from those that give gradients of inputs', () => {
  const partOf = partsOf(programOf('lenet5'));
  expect(partOf('fc1.grad.Gemm')).toEqual({ layer: 'fc1', direction: 'input gradient' });
  expect(partOf('fc1.grad.Gemm_2')).toEqual({ layer: 'fc1', direction: 'weight gradient' });
  expect(partOf('fc1.grad.ReduceSum')).toEqual({ layer: 'fc1', direction: 'weight gradient' });
});

test('copies count to the node whose output they copy, and what is not a node is a layer of its own', () => {
  const partOf = partsOf(programOf('lenet5'));
  expect(partOf('flatten.grad.image')).toEqual({ layer: 'flatten', direction: 'input gradient' });
  expect(partOf('SoftmaxCrossEntropyLoss:1.image').layer).toBe('SoftmaxCrossEntropyLoss');
  expect(partOf('images.image')).toEqual({ layer: 'images.image', direction: 'forward' });
});

test('times are summed up by kind and by layer, against the step and the machine', () => {
  const { kinds, layers, ...step } = profileOf({
    program: programOf('lenet5'),
    kernels: [
      kernel('conv1', 'Conv', 4, { flops: 1e8, method: 'winograd' }),
      kernel('conv2', 'Conv', 8, { flops: 1e8, waitingMilliseconds: 2 }),
      kernel('fc1.grad.Gemm_2', 'Gemm', 2, { bytes: 5e6 }),
      kernel('fc1.grad.ReduceSum', 'ReduceSum', 2, { bytes: 5e6 }),
    ],
    steps: 2,
    milliseconds: 20,
    machine,
  });
  expect(step).toEqual({ stepMs: 10, outsideMs: 2, waitingMs: 1, machine });
  expect(kinds.map(({ kind, kernels }) => [kind, kernels])).toEqual([
    ['Conv', 2],
    ['Gemm', 1],
    ['ReduceSum', 1],
  ]);
  expect(kinds[0]).toMatchObject({ milliseconds: 6, share: 0.6, waitingMilliseconds: 1 });
  expect(kinds[0].gflops).toBeCloseTo(2e8 / 6e6);
  expect(kinds[0].shareOfPeak).toBeCloseTo(2e8 / 6e6 / 100);
  expect(layers.map(({ layer, direction, kernels }) => [layer, direction, ...kernels])).toEqual([
    ['conv2', 'forward', 'Conv'],
    ['conv1', 'forward', 'Conv (winograd)'],
    ['fc1', 'weight gradient', 'Gemm', 'ReduceSum'],
  ]);
  expect(layers[2]).toMatchObject({
    milliseconds: 2,
    gigabytesPerSecond: 5,
    shareOfBandwidth: 0.5,
    gflops: 0,
  });
});
