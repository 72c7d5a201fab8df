// Whole models against PyTorch's figures (scripts/witness/models.py): what is run on an engine, and what is expected.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Engine, Executable, State } from '../src/engines/engine.ts';
import { createModel, type ModelName, parseModelOptions } from '../src/models/zoo.ts';
import { Dropout, type Model, namedParameters, softmaxCrossEntropy } from '../src/nn/index.ts';
import { momentum } from '../src/optim/optimizers.ts';
import { gradientStep, trainStep } from '../src/program/steps.ts';
import { type FloatTensor, floatTensor, intTensor, scalar, type Tensor } from '../src/tensor/tensor.ts';
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

/** Rows of scripts/witness/models.py: a network of the zoo and its options. */
export const modelNames = Object.keys(witnesses);

// PyTorch's figures are without dropout, whose masks are its own.
Dropout.prototype.forward = (x) => x;

function modelOf(row: string): Model {
  const [name, ...options] = row.split(' ') as [ModelName, ...string[]];
  const [, ...input] = witnessOf(row).shape;
  return createModel(name, { ...parseModelOptions(name, options), classes: 10, input });
}

function witnessOf(name: string): Witness {
  return witnesses[name]!;
}

export interface Measured {
  readonly losses: number[];
  readonly logits: FloatTensor;
  readonly gradients: Record<string, FloatTensor>;
  readonly weights: Record<string, FloatTensor>;
}

/** One gradient step and `steps` training steps of one of the models, from weights that a formula gives. */
export async function measure(name: string, engine: Engine, steps?: number): Promise<Measured> {
  const { shape, losses } = witnessOf(name);
  const model = modelOf(name);
  const settings = { batchSize: shape[0], loss: softmaxCrossEntropy() };
  const step = trainStep(model, { ...settings, optimizer: momentum({ momentum: 0.9, weightDecay: 1e-4 }) });
  const state = engine.createState(step.variables.map(({ variable }) => variable));
  const parameters = [...namedParameters(model.network).values()];
  for (const parameter of parameters) state.write(parameter.name, formulaValue(parameter));
  const gradientRun = await engine.compile(gradientStep(model, settings), state);
  const first = gradientFigures(await gradientRun.run(formulaFeeds(shape)));
  gradientRun.dispose();
  const trainRun = await engine.compile(step, state);
  const trained = await train(trainRun, state, formulaFeeds(shape), steps ?? losses.length);
  trainRun.dispose();
  state.dispose();
  return { ...first, ...trained };
}

function formulaFeeds(shape: Witness['shape']): Record<string, Tensor> {
  const labels = Array.from({ length: shape[0] }, (_, i) => (i * 3) % 10);
  return { images: formulaTensor('images', shape), labels: intTensor([shape[0]], labels) };
}

function gradientFigures({ logits, loss: _, ...results }: Record<string, Tensor>) {
  const gradients = Object.entries(results).map(([name, tensor]) => [name.replace('gradient ', ''), tensor]);
  return { logits, gradients: Object.fromEntries(gradients) } as Pick<Measured, 'logits' | 'gradients'>;
}

/** The losses of some steps, and the model's weights after the first. */
async function train(executable: Executable, state: State, feeds: Record<string, Tensor>, steps: number) {
  const losses: number[] = [];
  let weights: Record<string, FloatTensor> = {};
  for (let i = 0; i < steps; i++) {
    const { loss } = await executable.run({ ...feeds, learningRate: scalar(0.01) });
    losses.push(loss!.data[0]!);
    if (i > 0) continue;
    const kept = state.variables.filter(({ role }) => role !== 'optimizer');
    weights = Object.fromEntries(kept.map(({ name }) => [name, state.read(name)]));
  }
  return { losses, weights };
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

/** What rounding may cost: the usual bound, or a few times PyTorch's own error where the network is ill-conditioned. */
const boundOf = (usual: number, float32Error: number) => Math.max(usual, 4 * float32Error);

export function expectLogits(name: string, { logits }: Measured): void {
  const { logits: expected, float32Errors } = witnessOf(name);
  expectFigures('logits', logits, expected.logits, boundOf(1e-5, float32Errors.logits));
}

export function expectLosses(name: string, { losses }: Measured): void {
  const { losses: expected, float32Errors } = witnessOf(name);
  losses.forEach((loss, step) => {
    expect(Math.abs(loss / expected[step]! - 1), `loss of step ${step}`).toBeLessThan(
      boundOf(1e-5, float32Errors.losses),
    );
  });
}

export function expectGradients(name: string, { gradients }: Measured): void {
  const { gradients: expected, float32Errors } = witnessOf(name);
  // Gradients that are zero but for rounding, of biases in front of a batch norm, have no figures.
  expect(Object.keys(gradients)).toEqual(expect.arrayContaining(Object.keys(expected)));
  expectAllFigures(gradients, expected, boundOf(1e-4, float32Errors.gradients));
}

export function expectWeights(name: string, { weights }: Measured): void {
  const { weights: expected, float32Errors } = witnessOf(name);
  expect(Object.keys(weights).sort()).toEqual(Object.keys(expected).sort());
  expectAllFigures(weights, expected, boundOf(1e-5, float32Errors.weights));
}

function expectAllFigures(
  tensors: Readonly<Record<string, FloatTensor>>,
  expected: Readonly<Record<string, Figures>>,
  bound: number,
): void {
  for (const [name, figures] of Object.entries(expected)) expectFigures(name, tensors[name]!, figures, bound);
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
