// Whole models on every engine against PyTorch's figures.
import { beforeAll, describe, test } from 'vitest';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import {
  expectGradients,
  expectLogits,
  expectLosses,
  expectWeights,
  type Measured,
  measure,
  modelNames,
} from './models.checks.ts';

// The reference engine takes seconds for a step of a large network, and the C of one takes long to compile.
const small = ['lenet5', 'lenet-sigmoid', 'resnet20-cifar'];
const compiled = [
  ...small,
  'googlenet auxiliary=true',
  'mobilenet-v1',
  'mobilenet-v2',
  'squeezenet1.1',
  'resnet18',
  'resnet18 residual=false',
];
const runs: [string, EngineName][] = [
  ...small.map((name): [string, EngineName] => [name, 'reference']),
  ...modelNames.map((name): [string, EngineName] => [name, 'onnx']),
  ...compiled.map((name): [string, EngineName] => [name, 'native']),
];

describe.each(runs)('%s on the %s engine', (name, engineName) => {
  let measured: Measured;

  beforeAll(async () => {
    // One more step than the reference engine has patience for would be needed to see momentum; it has its own tests.
    const steps = engineName === 'reference' && name !== 'lenet5' ? 1 : undefined;
    measured = await measure(name, await openEngine(engineName), steps);
  });

  test("logits are PyTorch's", () => expectLogits(name, measured));
  test("losses of successive steps are PyTorch's", () => expectLosses(name, measured));
  test("gradients are PyTorch's", () => expectGradients(name, measured));
  test("updated weights and running statistics are PyTorch's", () => expectWeights(name, measured));
});
