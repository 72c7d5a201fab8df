// The built-in models against PyTorch: names, shapes and counts; and the options of createModel.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Summary, summarize } from '../src/diagnose/summary.ts';
import { createModel, type ModelName, modelNames, parseModelOptions } from '../src/models/index.ts';
import { initialize, type Model, namedParameters } from '../src/nn/index.ts';
import { forwardProgram, trace } from '../src/program/programs.ts';
import { floatTensor } from '../src/tensor/tensor.ts';

/** One row of scripts/witness/models_counts.py. */
interface Counts {
  readonly params: number;
  readonly buffers: number;
  readonly macs: number;
  readonly biasAdds: number;
  readonly normOps: number;
  readonly kept: number;
  readonly state: string;
  readonly layers: string;
}

const witnesses: Record<string, Counts> = JSON.parse(
  readFileSync(new URL('./witness/models-counts.json', import.meta.url), 'utf8'),
);

describe.each(Object.entries(witnesses))('%s', (row, witness) => {
  const [name, ...options] = row.split(' ') as [ModelName, ...string[]];
  const model = createModel(name, { ...parseModelOptions(name, options), classes: 10 });
  const summary = summarize(model);

  test("has PyTorch's names and shapes of parameters and buffers", () => {
    expect(hashOf(stateLines(model))).toBe(witness.state);
  });

  test("has PyTorch's counts of parameters and arithmetic", () => {
    const { params, buffers, macs, biasAdds, normOps } = witness;
    expect(summary.totals).toMatchObject({ params, buffers, macs, biasAdds, normOps });
  });

  test("has PyTorch's names, shapes and multiply-adds of convolution and linear layers", () => {
    expect(hashOf(layerLines(summary))).toBe(witness.layers);
  });

  // PyTorch keeps what goes into ReLU6 besides what comes out, and of pools the places of maxima in place of the maxima,
  // which other layers than sigmoids keep anyway. The rest of a difference is dropout masks and flattened maps.
  const keepsTheSame = name !== 'mobilenet-v2' && name !== 'lenet-sigmoid';
  if (keepsTheSame) {
    test('keeps as many bytes of activations as PyTorch', () => {
      expect(Math.abs(summary.totals.memory.activations / witness.kept - 1)).toBeLessThan(0.03);
    });
  }
});

function stateLines({ network }: Model): string[] {
  return [...namedParameters(network)].map(([name, { shape }]) => `${name} ${shape.join('x')}`);
}

function layerLines({ layers }: Summary): string[] {
  return layers
    .filter(({ macs }) => macs > 0)
    .map(({ name, output, macs }) => `${name} ${output.join('x')} ${macs}`);
}

function hashOf(lines: string[]): string {
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

test('every network has a witness', () => {
  expect(Object.keys(witnesses)).toEqual(expect.arrayContaining(modelNames));
});

test.each<[ModelName, { classes?: number }, number]>([
  ['alexnet', { classes: 1 }, 71_916_929],
  ['alexnet-torchvision', {}, 61_100_840],
  ['vgg16', { classes: 1 }, 134_264_641],
  ['vgg16', {}, 138_357_544],
  ['googlenet', { classes: 1 }, 5_974_577],
  ['googlenet', {}, 6_998_552],
  ['resnet18', {}, 11_689_512],
  ['resnet34', {}, 21_797_672],
  ['resnet50', {}, 25_557_032],
  ['resnet101', {}, 44_549_160],
  ['resnet152', {}, 60_192_808],
  ['resnet50-projection', {}, 35_374_474],
  ['mobilenet-v2', {}, 3_504_872],
  ['squeezenet1.1', {}, 1_235_496],
  ['resnext50-32x4d', {}, 25_028_904],
  ['wide-resnet50-2', {}, 68_883_240],
  ['mobilenet-v3-small', {}, 2_542_856],
  ['mobilenet-v3-large', {}, 5_483_032],
  ['shufflenet-v2-x0.5', {}, 1_366_792],
  ['shufflenet-v2-x1.0', {}, 2_278_604],
  ['efficientnet-b0', {}, 5_288_548],
  ['efficientnet-b1', {}, 7_794_184],
  ['efficientnet-b2', {}, 9_109_994],
  ['efficientnet-b3', {}, 12_233_232],
])('%s with %o has %i parameters', (name, options, expected) => {
  expect(summarize(createModel(name, options)).totals.params).toBe(expected);
});

test('every network gives one logit a class', () => {
  const shapes = modelNames.map(
    (name) => trace(createModel(name, { classes: 3 }), 1, 'inference').logits.shape,
  );
  expect(shapes).toEqual(modelNames.map(() => [1, 3]));
});

test('the stages of ResNet-50 have the shapes of the paper', () => {
  const { layers } = summarize(createModel('resnet50'));
  const outputs = layers
    .filter(({ name }) => /^(conv1|maxpool|layer\d\.\d\.Relu_3|avgpool|flatten|fc)$/.test(name))
    .map(({ output }) => output.slice(1).join('x'));
  const stages = [3, 4, 6, 3].flatMap((blocks, i) =>
    Array.from({ length: blocks }, () => `${256 * 2 ** i}x${56 / 2 ** i}x${56 / 2 ** i}`),
  );
  expect(outputs).toEqual(['64x112x112', '64x56x56', ...stages, '2048x1x1', '2048', '1000']);
});

test('auxiliary classifiers are parameters, and part of training only', () => {
  const model = createModel('googlenet', { auxiliary: true, input: [3, 64, 64] });
  expect([...namedParameters(model.network).keys()]).toContain('aux2.fc2.bias');
  expect(summarize(model).totals.trainingOnly).toBe(13_378_280 - 6_998_552);
  const used = (mode: 'training' | 'inference') => trace(model, 1, mode).graph;
  expect(used('training').auxiliaries.map(({ weight }) => weight)).toEqual([0.3, 0.3]);
  expect(used('inference').auxiliaries).toEqual([]);
});

test('without shortcuts there is no projection', () => {
  const names = [...namedParameters(createModel('resnet18', { residual: false }).network).keys()];
  expect(names.filter((name) => name.includes('downsample'))).toEqual([]);
});

test('errors for unknown names, options and values list the valid ones', () => {
  expect(() => createModel('resnet19' as 'resnet18')).toThrow(
    /unknown model "resnet19". Did you mean "resnet18"/,
  );
  expect(() => createModel('lenet5', { clases: 3 } as object)).toThrow(/Did you mean "classes"/);
  expect(() => createModel('lenet5', { classes: 0 })).toThrow(
    /classes of lenet5 must be a positive integer, got 0/,
  );
  expect(() => createModel('lenet5', { init: 'he' as 'paddle' })).toThrow(/unknown init "he"/);
  expect(() => createModel('resnet50', { strideIn: '2x2' as '3x3' })).toThrow(
    /unknown strideIn "2x2".*Known: 3x3, 1x1/,
  );
  expect(() => createModel('vgg16', { dropout: 1 })).toThrow(/from 0 to below 1, got 1/);
  expect(() => parseModelOptions('resnet18', ['residual=maybe'])).toThrow(/true or false, got "maybe"/);
  expect(() => parseModelOptions('resnet18', ['residual'])).toThrow(/must be given as key=value/);
});

test('parsed options have the types of the options', () => {
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

/** Rows of scripts/witness/models_starts.py: root mean square and largest magnitude of some parameters. */
const starts: Record<string, Record<string, [rms: number, largest: number]>> = JSON.parse(
  readFileSync(new URL('./witness/models-starts.json', import.meta.url), 'utf8'),
);

test.each(Object.entries(starts))(
  '%s is initialized with the distributions of torchvision',
  (row, expected) => {
    const [name, ...options] = row.split(' ') as [ModelName, ...string[]];
    const { network, init } = createModel(name, { ...parseModelOptions(name, options), classes: 10 });
    const others = [...namedParameters(network).keys()].filter((parameter) => !(parameter in expected));
    const placeholder = floatTensor([0], new Float32Array());
    const values = initialize(network, init, 0, new Map(others.map((parameter) => [parameter, placeholder])));
    for (const [parameter, [rms, largest]] of Object.entries(expected)) {
      const { data } = values.get(parameter)!;
      // Both are estimates from this many values: five times the standard deviation of their difference.
      const tolerance = 1e-3 + 5 / Math.sqrt(data.length);
      const ours = [rootMeanSquare(data), data.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 0)];
      expect(Math.abs(ours[0] - rms), `root mean square of ${parameter}`).toBeLessThanOrEqual(
        tolerance * rms,
      );
      expect(Math.abs(ours[1] - largest), `largest of ${parameter}`).toBeLessThanOrEqual(0.3 * largest);
    }
  },
);

function rootMeanSquare(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
}

test('SqueezeNet, whose logits are never negative, does not support a single output', () => {
  expect(() => createModel('squeezenet1.1', { classes: 1 })).toThrow(
    /does not support a single output.*--classes 2/,
  );
});

test('a network with fully connected layers rejects images of another size', () => {
  const model = createModel('alexnet', { classes: 10, input: [3, 64, 64] });
  expect(() => forwardProgram(model, { batchSize: 2 })).toThrow(
    'a fully connected layer takes [N, 12544], got [2, 1024]; use images of the network',
  );
});
