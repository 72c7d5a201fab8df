// Whether engines agree: one model, the same weights and images, forward pass and gradients on each of them.

import { UsageError } from '../base/errors.ts';
import type { Engine } from '../engines/engine.ts';
import { checkMemory } from '../engines/memory-need.ts';
import {
  type Allocate,
  exactEngine,
  exactTensor,
  newTensor,
  referenceEngine,
} from '../engines/reference/index.ts';
import { initialize, type Loss, type Model } from '../nn/index.ts';
import type { Program } from '../program/program.ts';
import { forwardProgram, gradientProgram } from '../program/programs.ts';
import type { Shape } from '../tensor/shape.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { findWorst, largestDifference, largestEntry, type NamedDifference, relative } from './differences.ts';
import { lossFor, randomFeeds } from './random-feeds.ts';
import {
  type InstrumentedStep,
  noDifference,
  type ReferenceStep,
  replay,
  type StepDifference,
  stepDifference,
  stepResults,
  withForwardValues,
} from './replay.ts';

/** Largest relative differences of logits and other forward values, and of gradients. */
export interface VerifyBounds {
  readonly forward: number;
  readonly gradients: number;
}

/** What rounding in another order explains in a network that does not magnify it. */
export const verifyBounds: VerifyBounds = { forward: 1e-5, gradients: 1e-4 };

// Some networks magnify rounding: a batch normalization over the four values that ResNet-18 has in its last stage for four
// images of 32x32 puts PyTorch's float32 gradients 1.3e-4 from its float64 ones. There the bound is this many times the
// error of the reference engine, which rounds between operators only and not, as fast engines do, inside their sums: 15 times
// as much was seen in MobileNetV1's first batch normalization, whose gradients sum 25,000 values each.
const roundingAllowance = 32;

/** Names of two engines. */
export type EnginePair = readonly [string, string];

export interface ForwardDifference {
  readonly pair: EnginePair;
  /** Largest difference between two logits. */
  readonly maxAbs: number;
  /** The same, relative to the largest logit. */
  readonly maxRel: number;
}

/** The larger of two engines' differences from the reference in a training step, at the same forward values. */
export interface StepPairDifference {
  readonly pair: EnginePair;
  /** The value or parameter that differs most, relative to the largest entry. */
  readonly worst: NamedDifference;
}

export interface Verification {
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  readonly engines: readonly string[];
  /** Logits of a forward pass for prediction. */
  readonly forward: readonly ForwardDifference[];
  /** The loss of a training step, and values of its forward pass that its backward pass reads. */
  readonly values: readonly StepPairDifference[];
  readonly gradients: readonly StepPairDifference[];
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

interface EngineResult {
  readonly engine: string;
  readonly logits: Tensor;
  /** What the training step's backward pass reads of its forward pass; the reference engine runs no step of its own. */
  readonly carried?: ReadonlyMap<string, Tensor>;
  /** From the reference at the same values. */
  readonly difference: StepDifference;
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
  const task = createTask(model, options);
  const results: EngineResult[] = [];
  for (const engine of engines) results.push(await runEngine(engine, task, options));
  const pairs = results.flatMap((a, i) => results.slice(i + 1).map((b) => [a, b] as const));
  const forward = pairs.map(([a, b]) => forwardDifference(a, b));
  const values = pairs.map((pair) => stepPairDifference(pair, ({ value }) => value));
  const gradients = pairs.map((pair) => stepPairDifference(pair, ({ gradient }) => gradient));
  const found = {
    forward: Math.max(...forward.map(({ maxRel }) => maxRel), ...values.map(({ worst }) => worst.maxRel)),
    gradients: Math.max(...gradients.map(({ worst }) => worst.maxRel)),
  };
  const rounding = isWithin(found, verifyBounds) ? undefined : await roundingError(task, results);
  const bounds = rounding ? widened(verifyBounds, rounding) : verifyBounds;
  return {
    model: model.name,
    input: [options.batchSize, ...model.input],
    engines: names,
    forward,
    values,
    gradients,
    bounds,
    ...(rounding && { rounding }),
    holds: isWithin(found, bounds),
  };
}

/** Programs and inputs of every engine. */
interface VerifyTask {
  readonly forward: Program;
  readonly step: InstrumentedStep;
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly feedsOf: (program: Program) => Record<string, Tensor>;
}

function createTask(model: Model, options: VerifyOptions): VerifyTask {
  const loss: Loss = lossFor(model);
  const forward = forwardProgram(model, options);
  const step = withForwardValues(gradientProgram(model, { ...options, loss }));
  for (const program of [forward, step.program]) checkMemory(program);
  return {
    forward,
    step,
    weights: initialize(model.network, model.init, options.seed),
    feedsOf: (program) => randomFeeds(program, model, { ...options, loss }),
  };
}

function isWithin(found: VerifyBounds, bounds: VerifyBounds): boolean {
  return found.forward <= bounds.forward && found.gradients <= bounds.gradients;
}

/** Error of the reference computation against 64-bit numbers, at the forward values of the engine that differs most. */
async function roundingError(task: VerifyTask, results: readonly EngineResult[]): Promise<VerifyBounds> {
  const size = ({ difference }: EngineResult) =>
    Math.max(difference.value.maxRel, difference.gradient.maxRel);
  const { carried } = results
    .filter((outcome) => outcome.carried)
    .reduce((worst, other) => (size(other) > size(worst) ? other : worst));
  const [rounded, exact] = [newTensor, exactTensor].map((allocate) => replayed(task, carried!, allocate));
  const { value, gradient } = stepDifference(rounded, exact);
  const logits = await Promise.all(
    [referenceEngine, exactEngine].map((engine) => computeLogits(engine, task)),
  );
  const [ofRounded, ofExact] = logits.map((tensor) => ({ engine: '', logits: tensor }));
  return {
    forward: Math.max(value.maxRel, forwardDifference(ofExact, ofRounded).maxRel),
    gradients: gradient.maxRel,
  };
}

function widened(bounds: VerifyBounds, rounding: VerifyBounds): VerifyBounds {
  return {
    forward: Math.max(bounds.forward, roundingAllowance * rounding.forward),
    gradients: Math.max(bounds.gradients, roundingAllowance * rounding.gradients),
  };
}

async function runEngine(
  engine: Engine,
  task: VerifyTask,
  { onProgress }: VerifyOptions,
): Promise<EngineResult> {
  onProgress?.(engine.name, 'forward');
  const logits = await computeLogits(engine, task);
  // The reference engine's step is what the others' steps are compared with.
  if (engine.name === referenceEngine.name) return { engine: engine.name, logits, difference: noDifference };
  onProgress?.(engine.name, 'gradients');
  const actual = stepResults(await runOnce(task.step.program, engine, task));
  const difference = stepDifference(actual, replayed(task, actual.values, newTensor));
  return { engine: engine.name, logits, carried: actual.values, difference };
}

async function computeLogits(engine: Engine, task: VerifyTask): Promise<Tensor> {
  return (await runOnce(task.forward, engine, task)).logits;
}

function replayed(
  { step, weights, feedsOf }: VerifyTask,
  carried: ReadonlyMap<string, Tensor>,
  allocate: Allocate,
): ReferenceStep {
  return replay(step, { feeds: feedsOf(step.program), weights }, carried, allocate);
}

async function runOnce(
  program: Program,
  engine: Engine,
  { weights, feedsOf }: VerifyTask,
): Promise<Record<string, Tensor>> {
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    for (const { name } of state.variables) state.write(name, weights.get(name)!);
    const executable = await engine.compile(program, state);
    try {
      return await executable.run(feedsOf(program));
    } finally {
      executable.dispose();
    }
  } finally {
    state.dispose();
  }
}

function forwardDifference(
  a: Pick<EngineResult, 'engine' | 'logits'>,
  b: Pick<EngineResult, 'engine' | 'logits'>,
): ForwardDifference {
  const maxAbs = largestDifference(a.logits, b.logits);
  return { pair: [a.engine, b.engine], maxAbs, maxRel: relative(maxAbs, largestEntry(a.logits)) };
}

function stepPairDifference(
  [a, b]: readonly [EngineResult, EngineResult],
  choose: (difference: StepDifference) => NamedDifference,
): StepPairDifference {
  return { pair: [a.engine, b.engine], worst: findWorst([choose(a.difference), choose(b.difference)]) };
}
