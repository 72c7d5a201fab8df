// Wrong arguments from plain JavaScript: error messages of constructors and functions.
import { expect, test } from 'vitest';
import { UsageError } from '../src/base/errors.ts';
import { digits } from '../src/data/sources/digits/digits.ts';
import { parseSubset } from '../src/data/subset.ts';
import { parseAugmentation } from '../src/data/transforms/augmentation.ts';
import { evaluate, predict } from '../src/evaluation/index.ts';
import { studentQuantile } from '../src/metrics/samples.ts';
import { createModel } from '../src/models/index.ts';
import * as nn from '../src/nn/index.ts';
import { parseSchedule } from '../src/optim/schedule-settings.ts';
import { train } from '../src/train/index.ts';

/** Calls that TypeScript would reject. */
// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript does.
const untyped = (value: unknown) => value as any;
const { Conv2d, Sequential, Linear, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, BatchNorm2d, ReLU } =
  untyped(nn);

test.each<[string, () => unknown, string]>([
  [
    'no arguments',
    () => new Conv2d(),
    'new Conv2d(inputs, outputs, kernel, options?): inputs must be a positive integer, got undefined',
  ],
  [
    'no kernel',
    () => new Conv2d(1, 2),
    'kernel must be a positive integer, or [height, width], got undefined',
  ],
  ['three sides', () => new Conv2d(1, 2, [3, 3, 3]), 'got [3, 3, 3]'],
  [
    'a number for the options',
    () => new Conv2d(1, 2, 3, 1),
    'options must be an object such as { stride: ... }, got 1',
  ],
  [
    'a misspelled option',
    () => new Conv2d(1, 2, 3, { pad: 1 }),
    'unknown option "pad"; known: stride, padding',
  ],
  ['negative padding', () => new Conv2d(1, 2, 3, { padding: -1 }), 'padding must be a non-negative integer'],
  [
    'modules one by one',
    () => new Sequential(new ReLU(), new ReLU()),
    'new Sequential([a, b]), or an object, got 2 arguments',
  ],
  ['a module', () => new Sequential(new ReLU()), 'got a ReLU'],
  [
    'a class',
    () => new Sequential([ReLU]),
    'part 0 must be a module, such as new ReLU(), or a function, got the function or class ReLU',
  ],
  ['text for a size', () => new Linear('3', 2), 'inputs must be a positive integer, got "3"'],
  ['a flag for the options', () => new Linear(3, 2, false), 'got false'],
  ['no pool size', () => new MaxPool2d(), 'new MaxPool2d(kernel, options?): kernel must be'],
  ['a half', () => new AvgPool2d(1.5), 'got 1.5'],
  ['no output size', () => new AdaptiveAvgPool2d(), 'output must be'],
  ['no channels', () => new BatchNorm2d(), 'channels must be a positive integer, got undefined'],
  [
    'no model',
    () => untyped(nn.defineModel)(),
    'its argument must be an object with name, network, input, classes',
  ],
  [
    'a class for a network',
    () => untyped(nn.defineModel)({ name: 'a', network: ReLU, input: [1, 2, 2], classes: 2 }),
    'network must be a module',
  ],
  [
    'one number for an input',
    () => createModel('lenet5', untyped({ input: 32 })),
    'input must be [channels, height, width], got 32',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(UsageError);
  expect(call).toThrow(message);
});

test.each<[string, () => unknown, string]>([
  ['train without a model', () => untyped(train)(), 'train(model, data, options): model must be a model'],
  ['train with a name', () => untyped(train)('lenet5', digits(), { epochs: 1 }), 'got "lenet5"'],
  [
    'train without options',
    () => untyped(train)(createModel('lenet5'), digits()),
    'options must be an object, got undefined',
  ],
  [
    'train with the name of an engine',
    () => untyped(train)(createModel('lenet5'), digits(), { epochs: 1, engine: 'onnx' }),
    'as openEngine returns, got "onnx"',
  ],
  ['parse a number as a schedule', async () => untyped(parseSchedule)(5), 'text must be a string, got 5'],
  ['parse nothing as a subset', async () => untyped(parseSubset)(), 'text must be a string, got undefined'],
  [
    'parse a list as augmentation',
    async () => untyped(parseAugmentation)(['shift']),
    'a string, got ["shift"]',
  ],
  [
    'ask for a quantile of 1',
    async () => studentQuantile(1, 5),
    'probability must be from 0 to below 1, got 1',
  ],
  [
    'ask for a quantile of none',
    async () => untyped(studentQuantile)(0.5),
    'freedom must be a positive integer',
  ],
  [
    'predict with a path',
    () => untyped(predict)('run', ['a.png']),
    'as train or loadCheckpoint returns, got "run"',
  ],
  [
    'evaluate without a data set',
    () => untyped(evaluate)({ model: {}, weights: {} }),
    'such as data.splits.test, got undefined',
  ],
])('%s', async (_, call, message) => {
  const error = await Promise.resolve(call()).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
});
