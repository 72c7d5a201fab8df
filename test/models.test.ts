// Whole models on every engine against PyTorch's figures (scripts/witness/models.py).
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type EngineName, openEngine } from '../src/engines/index.ts';

import { createModel } from '../src/models/zoo.ts';
import { type Model, namedParameters, softmaxCrossEntropy } from '../src/nn/index.ts';
import { momentum } from '../src/optim/optimizers.ts';
import { gradientStep, trainStep } from '../src/program/steps.ts';
import { type FloatTensor, floatTensor, intTensor, scalar } from '../src/tensor/tensor.ts';
import { formulaTensor } from './formula.ts';

/** Norm, product with a formula tensor, largest magnitude, and elements spread evenly. */
type Figures = readonly number[];

interface Witness {
  readonly shape: readonly [number, number, number, number];
  readonly losses: readonly number[];
  readonly logits: { readonly logits: Figures };
  readonly gradients: Readonly<Record<string, Figures>>;
  readonly weights: Readonly<Record<string, Figures>>;
  /** How far PyTorch's float32 is from these float64 figures. */
  readonly float32Errors: Readonly<Record<'losses' | 'logits' | 'gradients' | 'weights', number>>;
}

const witnesses: Record<string, Witness> = JSON.parse(
  readFileSync(new URL('./witness/models.json', import.meta.url), 'utf8'),
);

const models: Record<string, () => Model> = {
  lenet5: () => createModel('lenet5'),
  resnet18: () => createModel('resnet18', { classes: 10, input: [3, 32, 32] }),
  'resnet18 without shortcuts': () =>
    createModel('resnet18', { classes: 10, input: [3, 32, 32], residual: false }),
};

// The reference engine takes seconds for a step of ResNet-18: once is enough.
const runs: [string, EngineName][] = [
  ['lenet5', 'reference'],
  ['lenet5', 'onnx'],
  ['lenet5', 'native'],
  ['resnet18', 'native'],
  ['resnet18 without shortcuts', 'native'],
  ['resnet18', 'reference'],
  ['resnet18', 'onnx'],
  ['resnet18 without shortcuts', 'onnx'],
];

/** What rounding may cost: the usual bound, or a few times PyTorch's own error where the network is ill-conditioned. */
const boundOf = (usual: number, float32Error: number) => Math.max(usual, 4 * float32Error);

describe.each(runs)('%s on the %s engine', (name, engineName) => {
  const witness = witnesses[name]!;
  let measured: Measured;

  beforeAll(async () => {
    measured = await measure(models[name]!(), witness, engineName);
  });

  test("logits are PyTorch's", () =>
    expectFigures(
      'logits',
      measured.logits,
      witness.logits.logits,
      boundOf(1e-5, witness.float32Errors.logits),
    ));

  test("losses of successive steps are PyTorch's", () => {
    measured.losses.forEach((loss, step) => {
      expect(Math.abs(loss / witness.losses[step]! - 1), `loss of step ${step}`).toBeLessThan(
        boundOf(1e-5, witness.float32Errors.losses),
      );
    });
  });

  test("gradients are PyTorch's", () => {
    expect(Object.keys(measured.gradients).sort()).toEqual(Object.keys(witness.gradients).sort());
    for (const [parameter, figures] of Object.entries(witness.gradients)) {
      expectFigures(
        parameter,
        measured.gradients[parameter]!,
        figures,
        boundOf(1e-4, witness.float32Errors.gradients),
      );
    }
  });

  test("updated weights and running statistics are PyTorch's", () => {
    expect(Object.keys(measured.weights).sort()).toEqual(Object.keys(witness.weights).sort());
    for (const [parameter, figures] of Object.entries(witness.weights)) {
      expectFigures(
        parameter,
        measured.weights[parameter]!,
        figures,
        boundOf(1e-5, witness.float32Errors.weights),
      );
    }
  });
});

interface Measured {
  readonly losses: number[];
  readonly logits: FloatTensor;
  readonly gradients: Record<string, FloatTensor>;
  readonly weights: Record<string, FloatTensor>;
}

async function measure(
  model: Model,
  { shape, losses: expected }: Witness,
  engineName: EngineName,
): Promise<Measured> {
  const [batchSize] = shape;
  const loss = softmaxCrossEntropy();
  const optimizer = momentum({ momentum: 0.9, weightDecay: 1e-4 });
  const engine = await openEngine(engineName);
  const step = trainStep(model, { batchSize, loss, optimizer });
  const state = engine.createState(step.variables.map(({ variable }) => variable));
  for (const parameter of namedParameters(model.network).values())
    state.write(parameter.name, formulaValue(parameter));
  const feeds = {
    images: formulaTensor('images', shape),
    labels: intTensor(
      [batchSize],
      Array.from({ length: batchSize }, (_, i) => (i * 3) % 10),
    ),
  };

  const gradientExecutable = await engine.compile(gradientStep(model, { batchSize, loss }), state);
  const { logits, loss: _, ...results } = await gradientExecutable.run(feeds);
  const gradients = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name.replace('gradient ', ''), tensor as FloatTensor]),
  );
  gradientExecutable.dispose();

  // One more step than the reference engine has patience for would be needed to see momentum; it has its own tests.
  const steps = engineName === 'reference' && shape[1] === 3 ? 1 : expected.length;
  const executable = await engine.compile(step, state);
  const losses: number[] = [];
  let weights: Record<string, FloatTensor> = {};
  for (let i = 0; i < steps; i++) {
    const result = await executable.run({ ...feeds, learningRate: scalar(0.01) });
    losses.push(result.loss!.data[0]!);
    if (i > 0) continue;
    const names = [...namedParameters(model.network).keys()];
    weights = Object.fromEntries(names.map((name) => [name, state.read(name)]));
  }
  executable.dispose();
  state.dispose();
  return { losses, logits: logits as FloatTensor, gradients, weights };
}

/** The same rule as `fill` in scripts/witness/models.py. */
function formulaValue({ name, shape }: { name: string; shape: readonly number[] }): FloatTensor {
  const { data } = formulaTensor(name, shape);
  if (shape.length > 1) {
    const fanIn = shape.slice(1).reduce((product, extent) => product * extent, 1);
    const bound = Math.sqrt(6 / fanIn);
    return floatTensor(
      shape,
      data.map((value) => value * bound),
    );
  }
  const centredOnOne = name.endsWith('running_var') || name.endsWith('weight');
  return floatTensor(
    shape,
    data.map((value) => (centredOnOne ? 1 + 0.25 * value : 0.1 * value)),
  );
}

/** Compares elements relative to the tensor's largest one, and its norm and projection relative to the norm. */
function expectFigures(
  what: string,
  tensor: FloatTensor,
  [norm, projection, largest, ...elements]: Figures,
  bound: number,
) {
  const { data } = tensor;
  const weights = formulaTensor('figures', [data.length]).data;
  let squares = 0;
  let product = 0;
  data.forEach((value, i) => {
    squares += value * value;
    product += value * weights[i]!;
  });
  expect(Math.abs(Math.sqrt(squares) - norm!) / norm!, `norm of ${what}`).toBeLessThan(bound);
  expect(Math.abs(product - projection!) / norm!, `projection of ${what}`).toBeLessThan(bound);
  elements.forEach((expected, i) => {
    const place = Math.floor((i * data.length) / elements.length);
    expect(Math.abs(data[place]! - expected) / largest!, `${what}[${place}]`).toBeLessThan(bound);
  });
}
