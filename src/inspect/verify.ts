// Whether engines agree: one model, the same weights and images, forward pass and gradients on each of them.
import type { Engine, State } from '../engines/engine.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { exactEngine, referenceEngine } from '../engines/reference/index.ts';
import { initialise, type Loss, type Model } from '../nn/index.ts';
import type { Program } from '../program/program.ts';
import { forwardStep, gradientStep } from '../program/steps.ts';
import { UsageError } from '../tensor/errors.ts';
import type { Shape } from '../tensor/shape.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { lossFor, randomFeeds } from './random-feeds.ts';

/** Largest relative differences of logits and of gradients. */
export interface VerifyBounds {
  readonly forward: number;
  readonly gradients: number;
}

/** What rounding in another order explains in a network that does not magnify it. */
export const verifyBounds: VerifyBounds = { forward: 1e-5, gradients: 1e-4 };

// Some networks magnify rounding: a batch normalisation over the four values that ResNet-18 has in its last stage for four
// images of 32x32 puts PyTorch's float32 gradients 1.3e-4 from its float64 ones. There the bound is this many times the
// error of the reference engine, which rounds between operators only and not, as fast engines do, inside their sums.
const roundingAllowance = 10;

// A bias in front of a batch normalisation has gradient 0, and rounding noise in its place: it is measured against this
// share of the largest entry among the gradients of its layer.
const layerShare = 0.01;

/** Names of two engines. */
export type EnginePair = readonly [string, string];

export interface ForwardDifference {
  readonly pair: EnginePair;
  /** Largest difference between two logits. */
  readonly maxAbs: number;
  /** The same, relative to the largest logit. */
  readonly maxRel: number;
}

export interface GradientDifference {
  readonly pair: EnginePair;
  /** The parameter whose gradients differ most, relative to the largest entry of the gradient. */
  readonly worst: { readonly name: string; readonly maxRel: number };
}

export interface Verification {
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly engines: readonly string[];
  readonly forward: readonly ForwardDifference[];
  readonly gradients: readonly GradientDifference[];
  /** The usual bounds, or larger ones where the network magnifies rounding. */
  readonly bounds: VerifyBounds;
  /** How far the reference engine is from 64-bit numbers; measured where the usual bounds do not hold. */
  readonly rounding?: VerifyBounds;
  /** Whether every relative difference is within its bound. */
  readonly holds: boolean;
}

export interface VerifyOptions {
  readonly batchSize: number;
  /** Seed of weights, images, labels and dropout. */
  readonly seed: number;
  /** Told what comes next: some engines take their time. */
  readonly onProgress?: (engine: string, task: 'forward' | 'gradients') => void;
}

interface Outcome {
  readonly engine: string;
  readonly logits: FloatTensor;
  /** By name of the parameter. */
  readonly gradients: ReadonlyMap<string, FloatTensor>;
}

/**
 * Runs the model on each engine and compares every two of them.
 * @throws UsageError unless there are two engines or more
 */
export async function verifyEngines(
  model: Model,
  engines: readonly Engine[],
  options: VerifyOptions,
): Promise<Verification> {
  const names = engines.map(({ name }) => name);
  if (new Set(names).size < 2 || new Set(names).size < names.length) {
    throw new UsageError(`a comparison takes two different engines or more, but got: ${names.join(', ')}.`);
  }
  const outcomes: Outcome[] = [];
  for (const engine of engines) outcomes.push(await outcomeOf(model, engine, options));
  const pairs = outcomes.flatMap((a, i) => outcomes.slice(i + 1).map((b) => [a, b] as const));
  const forward = pairs.map(([a, b]) => forwardDifference(a, b));
  const gradients = pairs.map(([a, b]) => gradientDifference(a, b));
  const found = {
    forward: Math.max(...forward.map(({ maxRel }) => maxRel)),
    gradients: Math.max(...gradients.map(({ worst }) => worst.maxRel)),
  };
  const rounding = isWithin(found, verifyBounds) ? undefined : await roundingError(model, outcomes, options);
  const bounds = rounding ? widened(verifyBounds, rounding) : verifyBounds;
  return {
    model: model.name,
    input: [options.batchSize, ...model.input],
    engines: names,
    forward,
    gradients,
    bounds,
    ...(rounding && { rounding }),
    holds: isWithin(found, bounds),
  };
}

function isWithin(found: VerifyBounds, bounds: VerifyBounds): boolean {
  return found.forward <= bounds.forward && found.gradients <= bounds.gradients;
}

/** How far the reference engine is from the same computation in 64-bit numbers. */
async function roundingError(
  model: Model,
  outcomes: readonly Outcome[],
  options: VerifyOptions,
): Promise<VerifyBounds> {
  const known = outcomes.find(({ engine }) => engine === referenceEngine.name);
  const rounded = known ?? (await outcomeOf(model, referenceEngine, options));
  const exact = await outcomeOf(model, exactEngine, options);
  return {
    forward: forwardDifference(exact, rounded).maxRel,
    gradients: gradientDifference(exact, rounded).worst.maxRel,
  };
}

function widened(bounds: VerifyBounds, rounding: VerifyBounds): VerifyBounds {
  return {
    forward: Math.max(bounds.forward, roundingAllowance * rounding.forward),
    gradients: Math.max(bounds.gradients, roundingAllowance * rounding.gradients),
  };
}

async function outcomeOf(model: Model, engine: Engine, options: VerifyOptions): Promise<Outcome> {
  const loss = lossFor(model);
  const forward = forwardStep(model, options);
  const backward = gradientStep(model, { ...options, loss });
  for (const program of [forward, backward]) checkMemory(program);
  const variables = [...forward.variables, ...backward.variables].map(({ variable }) => variable);
  const state = engine.createState([...new Map(variables.map((held) => [held.name, held])).values()]);
  try {
    const weights = initialise(model.network, model.init, options.seed);
    for (const { name } of state.variables) state.write(name, weights.get(name)!);
    const run = (program: Program) => runOnce(program, { model, engine, state, loss, options });
    options.onProgress?.(engine.name, 'forward');
    const { logits } = await run(forward);
    options.onProgress?.(engine.name, 'gradients');
    return {
      engine: engine.name,
      logits: logits as FloatTensor,
      gradients: gradientsOf(await run(backward)),
    };
  } finally {
    state.dispose();
  }
}

interface Place {
  readonly model: Model;
  readonly engine: Engine;
  readonly state: State;
  readonly loss: Loss;
  readonly options: VerifyOptions;
}

async function runOnce(
  program: Program,
  { model, engine, state, loss, options }: Place,
): Promise<Record<string, Tensor>> {
  const executable = await engine.compile(program, state);
  try {
    return await executable.run(randomFeeds(program, model, { ...options, loss }));
  } finally {
    executable.dispose();
  }
}

function gradientsOf(results: Readonly<Record<string, Tensor>>): Map<string, FloatTensor> {
  const prefix = 'gradient ';
  const named = Object.entries(results).filter(([name]) => name.startsWith(prefix));
  return new Map(named.map(([name, tensor]) => [name.slice(prefix.length), tensor as FloatTensor]));
}

function forwardDifference(a: Outcome, b: Outcome): ForwardDifference {
  const maxAbs = largestDifference(a.logits, b.logits);
  return { pair: [a.engine, b.engine], maxAbs, maxRel: relative(maxAbs, largestEntry(a.logits)) };
}

function gradientDifference(a: Outcome, b: Outcome): GradientDifference {
  const scales = layerScales(a.gradients);
  const differences = [...a.gradients].map(([name, gradient]) => {
    const scale = Math.max(largestEntry(gradient), layerShare * scales.get(layerOf(name))!);
    return { name, maxRel: relative(largestDifference(gradient, b.gradients.get(name)!), scale) };
  });
  return {
    pair: [a.engine, b.engine],
    worst: differences.reduce((worst, other) => (other.maxRel > worst.maxRel ? other : worst)),
  };
}

/** Largest entry among the gradients of each layer's parameters, by the layer's name. */
function layerScales(gradients: ReadonlyMap<string, FloatTensor>): Map<string, number> {
  const scales = new Map<string, number>();
  for (const [name, gradient] of gradients) {
    scales.set(layerOf(name), Math.max(scales.get(layerOf(name)) ?? 0, largestEntry(gradient)));
  }
  return scales;
}

/** `layer1.0.conv1` of `layer1.0.conv1.weight`. */
function layerOf(parameter: string): string {
  return parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')));
}

/** Infinite if any difference is not a number, so that no bound holds. */
function largestDifference(a: FloatTensor, b: FloatTensor): number {
  return largest(a.data.length, (i) => Math.abs(a.data[i]! - b.data[i]!));
}

function largestEntry({ data }: FloatTensor): number {
  return largest(data.length, (i) => Math.abs(data[i]!));
}

function largest(length: number, entry: (index: number) => number): number {
  let result = 0;
  for (let i = 0; i < length; i++) {
    const value = entry(i);
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    if (value > result) result = value;
  }
  return result;
}

function relative(difference: number, scale: number): number {
  if (difference === 0) return 0;
  return Number.isFinite(difference) ? difference / scale : Number.POSITIVE_INFINITY;
}
