import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createModel, type ModelName, modelNames, parseModelOptions } from '../src/models/zoo.ts';
import { namedParameters } from '../src/nn/index.ts';
import { trace } from '../src/program/steps.ts';
import { sizeOf } from '../src/tensor/shape.ts';

describe.each(modelNames)('%s', (name) => {
  test('builds and gives one logit a class', () => {
    const { logits } = trace(createModel(name, { classes: 3 }), 1, 'inference');
    expect(logits.shape).toEqual([1, 3]);
  });
});

test.each<[ModelName, number]>([
  ['lenet5', 61_706],
  ['resnet18', 11_689_512],
  ['lenet-sigmoid', 41_806],
  ['resnet50-projection', 35_374_474],
  ['resnet20-cifar', 269_722],
  ['mobilenet-v1', 4_231_976],
  ['squeezenet1.1', 1_235_496],
  ['alexnet', 76_009_832],
  ['alexnet-torchvision', 61_100_840],
  ['vgg16', 138_357_544],
  ['googlenet', 6_998_552],
  ['mobilenet-v2', 3_504_872],
  ['resnet34', 21_797_672],
  ['resnet50', 25_557_032],
  ['resnet101', 44_549_160],
  ['resnet152', 60_192_808],
])('%s has %i parameters', (name, expected) => {
  const parameters = [...namedParameters(createModel(name).network).values()];
  const count = parameters.reduce(
    (sum, { role, shape }) => (role === 'parameter' ? sum + sizeOf(shape) : sum),
    0,
  );
  expect(count).toBe(expected);
});

test("resnet18's names and shapes are torchvision's", () => {
  // sha256 of "name shape" lines, sorted, of torchvision 0.14's state_dict without num_batches_tracked.
  const lines = [...namedParameters(createModel('resnet18').network)].map(
    ([name, { shape }]) => `${name} ${shape.join('x')}`,
  );
  const hash = createHash('sha256').update(lines.sort().join('\n')).digest('hex');
  expect(hash).toBe('bd0b28d3209a171d6d6ae5fc756c90a5534095af549ec5b22191a6516405db02');
});

test('auxiliary classifiers are parameters, and part of training only', () => {
  const model = createModel('googlenet', { auxiliary: true, input: [3, 64, 64] });
  expect([...namedParameters(model.network).keys()]).toContain('aux2.fc2.bias');
  const used = (mode: 'training' | 'inference') => trace(model, 1, mode).graph;
  expect(used('training').auxiliaries.map(({ weight }) => weight)).toEqual([0.3, 0.3]);
  expect(used('inference').auxiliaries).toEqual([]);
});

test('without shortcuts there is no projection', () => {
  const names = [...namedParameters(createModel('resnet18', { residual: false }).network).keys()];
  expect(names.filter((name) => name.includes('downsample'))).toEqual([]);
});

test('a wrong name, option or value is answered with the right ones', () => {
  expect(() => createModel('resnet19' as 'resnet18')).toThrow(
    /unknown model "resnet19". Did you mean "resnet18"/,
  );
  expect(() => createModel('lenet5', { clases: 3 } as object)).toThrow(/Did you mean "classes"/);
  expect(() => createModel('lenet5', { classes: 0 })).toThrow(
    /classes of lenet5 takes a whole number from 1, but got 0/,
  );
  expect(() => createModel('lenet5', { init: 'he' as 'paddle' })).toThrow(/unknown init "he"/);
  expect(() => createModel('resnet50', { strideIn: '2x2' as '3x3' })).toThrow(
    /unknown strideIn "2x2".*Known: 3x3, 1x1/,
  );
  expect(() => createModel('vgg16', { dropout: 1 })).toThrow(/from 0 to below 1 .* but got 1/);
  expect(() => parseModelOptions('resnet18', ['residual=maybe'])).toThrow(/true or false, but got "maybe"/);
  expect(() => parseModelOptions('resnet18', ['residual'])).toThrow(/write it as key=value/);
});

test('options from texts have the types of the options', () => {
  expect(parseModelOptions('resnet18', ['residual=false', 'classes=5', 'init=paddle'])).toEqual({
    residual: false,
    classes: 5,
    init: 'paddle',
  });
});

test('a misspelt model or option does not compile', () => {
  // @ts-expect-error no such model
  expect(() => createModel('resnet81')).toThrow();
  // @ts-expect-error no such option
  expect(() => createModel('resnet18', { residuals: false })).toThrow();
  // @ts-expect-error an option of another network
  expect(() => createModel('lenet5', { stemBias: true })).toThrow();
});
