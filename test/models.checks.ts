// Whole models against reference values of PyTorch (scripts/witness/models.py).
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../src/engines/engine.ts';
import type { Executable, State } from '../src/engines/executable.ts';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import { createModel, type ModelName, parseModelOptions } from '../src/models/index.ts';
import {
  Dropout,
  type Model,
  namedParameters,
  type Parameter,
  softmaxCrossEntropy,
} from '../src/nn/index.ts';
import { momentum } from '../src/optim/momentum.ts';
import { gradientProgram, trainProgram } from '../src/program/programs.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';
import { type FloatTensor, type IntTensor, intTensor, scalar, type Tensor } from '../src/tensor/tensor.ts';
import { formulaTensor } from './formula.ts';

/** Norm, product with a formula tensor, largest magnitude, and elements spread evenly. */
type SampledTensor = readonly number[];

/** Of some tensors of a group, and of the vector of the logarithms of all their norms, in order of their names. */
interface GroupSample {
  readonly norms: SampledTensor;
  readonly tensors: Readonly<Record<string, SampledTensor>>;
  /** Tensors that are not stored, because they are 0 up to rounding. */
  readonly zeros: readonly string[];
}

interface Witness {
  readonly shape: readonly [number, number, number, number];
  /** The formula tensor that the images are. */
  readonly images: string;
  readonly losses: readonly number[];
  readonly logits: SampledTensor;
  readonly gradients: GroupSample;
  readonly weights: GroupSample;
  /** Difference between PyTorch's float32 results and these float64 values. */
  readonly float32Errors: Readonly<Record<'losses' | 'logits' | 'gradients' | 'weights', number>>;
}

const witnesses: Record<string, Witness> = JSON.parse(
  readFileSync(new URL('./witness/models.json', import.meta.url), 'utf8'),
);

/** Rows of scripts/witness/models.py: a built-in model and its options. */
export const modelNames = Object.keys(witnesses);

// The reference values are without dropout, because PyTorch has other masks.
Dropout.prototype.forward = (x) => x;

function modelOf(row: string): Model {
  const [name, ...options] = row.split(' ') as [ModelName, ...string[]];
  const [, ...input] = witnessOf(row).shape;
  return createModel(name, { ...parseModelOptions(name, options), classes: 10, input });
}

function witnessOf(name: string): Witness {
  return witnesses[name];
}

export interface Measured {
  readonly losses: number[];
  readonly logits: FloatTensor;
  readonly gradients: Record<string, FloatTensor>;
  readonly weights: Record<string, FloatTensor>;
}

/** One gradient step and `steps` training steps of one of the models, from weights that a formula gives. */
export async function measure(name: string, engine: Engine, steps?: number): Promise<Measured> {
  const { shape, images, losses } = witnessOf(name);
  const feeds = { images: formulaTensor(images, shape), labels: labelsOf(shape[0]) };
  const model = modelOf(name);
  const settings = { batchSize: shape[0], loss: softmaxCrossEntropy() };
  const step = trainProgram(model, {
    ...settings,
    optimizer: momentum({ momentum: 0.9, weightDecay: 1e-4 }),
  });
  const state = engine.createState(step.variables.map(({ variable }) => variable));
  const parameters = namedParameters(model.network);
  const names = new Set(parameters.keys());
  for (const [name, parameter] of parameters) state.write(name, formulaValue(parameter, names));
  const gradientRun = await engine.compile(gradientProgram(model, settings), state);
  const first = gradientTensors(await gradientRun.run(feeds));
  gradientRun.dispose();
  const trainRun = await engine.compile(step, state);
  const trained = await train(trainRun, state, feeds, steps ?? losses.length);
  trainRun.dispose();
  state.dispose();
  return { ...first, ...trained };
}

function labelsOf(count: number): IntTensor {
  return intTensor(
    [count],
    Array.from({ length: count }, (_, i) => (i * 3) % 10),
  );
}

function gradientTensors({ logits, loss: _, ...results }: Record<string, Tensor>) {
  const gradients = Object.entries(results).map(([name, tensor]) => [name.replace('gradient ', ''), tensor]);
  return { logits, gradients: Object.fromEntries(gradients) } as Pick<Measured, 'logits' | 'gradients'>;
}

/** The losses of some steps, and the model's weights after the first. */
async function train(executable: Executable, state: State, feeds: Record<string, Tensor>, steps: number) {
  const losses: number[] = [];
  let weights: Record<string, FloatTensor> = {};
  for (let i = 0; i < steps; i++) {
    const { loss } = await executable.run({ ...feeds, learningRate: scalar(0.01) });
    losses.push(loss.data[0]);
    if (i > 0) continue;
    const kept = state.variables.filter(({ role }) => role !== 'optimizer');
    weights = Object.fromEntries(kept.map(({ name }) => [name, state.read(name)]));
  }
  return { losses, weights };
}

/** The same rule as `fill` in scripts/witness/models.py. */
function formulaValue({ name, shape }: Parameter, names: ReadonlySet<string>): FloatTensor {
  const values = formulaTensor(name, shape);
  const [centre, scale] = placeOf(name, shape, names);
  for (let i = 0; i < values.data.length; i++) values.data[i] = centre + scale * values.data[i];
  return values;
}

function placeOf(name: string, shape: Shape, names: ReadonlySet<string>): [centre: number, scale: number] {
  if (shape.length > 1) return [0, Math.sqrt(6 / sizeOf(shape.slice(1)))];
  if (name.endsWith('running_var') || name.endsWith('weight')) return [1, 0.25];
  const isOfBatchNorm = name.endsWith('bias') && names.has(name.replace(/bias$/, 'running_mean'));
  return isOfBatchNorm ? [2, 0.25] : [0, 0.1];
}

/** Tolerance for rounding: the usual bound, or a multiple of PyTorch's own error if the network is ill-conditioned. */
const boundOf = (usual: number, float32Error: number) => Math.max(usual, 4 * float32Error);

export function expectLogits(name: string, { logits }: Measured): void {
  const { logits: expected, float32Errors } = witnessOf(name);
  expectSample('logits', logits.data, expected, boundOf(1e-5, float32Errors.logits));
}

export function expectLosses(name: string, { losses }: Measured): void {
  const { losses: expected, float32Errors } = witnessOf(name);
  losses.forEach((loss, step) => {
    expect(Math.abs(loss / expected[step] - 1), `loss of step ${step}`).toBeLessThan(
      boundOf(1e-5, float32Errors.losses),
    );
  });
}

export function expectGradients(name: string, { gradients }: Measured): void {
  const { gradients: expected, float32Errors } = witnessOf(name);
  expectGroup(gradients, expected, boundOf(1e-4, float32Errors.gradients));
}

export function expectWeights(name: string, { weights }: Measured): void {
  const { weights: expected, float32Errors } = witnessOf(name);
  expectGroup(weights, expected, boundOf(1e-5, float32Errors.weights));
}

function expectGroup(tensors: Readonly<Record<string, FloatTensor>>, expected: GroupSample, bound: number) {
  const norms = new Map(Object.entries(tensors).map(([name, { data }]) => [name, normOf(data)]));
  const largest = Math.max(...norms.values());
  for (const name of expected.zeros) {
    expect(norms.get(name)! / largest, `norm of ${name}, which is zero`).toBeLessThan(1e-4);
    norms.delete(name);
  }
  const logarithms = [...norms.keys()].sort().map((name) => Math.log(norms.get(name)!));
  expectSample('the logarithms of all norms', logarithms, expected.norms, bound);
  for (const [name, sampled] of Object.entries(expected.tensors)) {
    expectSample(name, tensors[name].data, sampled, bound);
  }
}

/** Compares elements relative to the tensor's largest one, and its norm and projection relative to the norm. */
function expectSample(
  what: string,
  data: ArrayLike<number>,
  [norm, projection, largest, ...elements]: SampledTensor,
  bound: number,
) {
  expect(Math.abs(normOf(data) - norm) / norm, `norm of ${what}`).toBeLessThan(bound);
  expect(Math.abs(projectionOf(data) - projection) / norm, `projection of ${what}`).toBeLessThan(bound);
  elements.forEach((expected, i) => {
    const place = Math.floor((i * data.length) / elements.length);
    expect(Math.abs(data[place] - expected) / largest, `${what}[${place}]`).toBeLessThan(bound);
  });
}

function normOf(data: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += data[i] ** 2;
  return Math.sqrt(squares);
}

function projectionOf(data: ArrayLike<number>): number {
  const direction = formulaTensor('figures', [data.length]).data;
  let product = 0;
  for (let i = 0; i < data.length; i++) product += data[i] * direction[i];
  return product;
}

/** Declares the tests of networks on an engine. */
export function describeModels(engineName: EngineName, names: readonly string[]): void {
  describe.each(names)(`%s on the ${engineName} engine`, (name) => {
    let measured: Measured;

    beforeAll(async () => {
      // Momentum would show only after a further step, which takes the reference engine too long; it has its own tests.
      const steps = engineName === 'reference' && name !== 'lenet5' ? 1 : undefined;
      measured = await measure(name, await openEngine(engineName), steps);
    });

    test('logits agree with PyTorch', () => expectLogits(name, measured));
    test('losses of successive steps agree with PyTorch', () => expectLosses(name, measured));
    test('gradients agree with PyTorch', () => expectGradients(name, measured));
    test('updated weights and running statistics agree with PyTorch', () => expectWeights(name, measured));
  });
}
