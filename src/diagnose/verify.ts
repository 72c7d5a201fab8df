// Compares engines: the forward pass and the training step of one model with the same weights and images.

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
import { withExecutable } from '../engines/with-executable.ts';
import { initialize, type Loss, type Model } from '../nn/index.ts';
import type { Program } from '../program/program.ts';
import { forwardProgram, gradientProgram } from '../program/programs.ts';
import type { Shape } from '../tensor/shape.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import {
  findWorst,
  largestDifference,
  largestMagnitude,
  type NamedDifference,
  relative,
} from './differences.ts';
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

/** Bounds on the relative differences of forward values (logits, loss and intermediate values) and of gradients. */
export interface VerifyBounds {
  readonly forward: number;
  readonly gradients: number;
}

/** Covers summation in another order, in networks that do not amplify rounding. */
export const verifyBounds: VerifyBounds = { forward: 1e-5, gradients: 1e-4 };

// Some networks amplify rounding. In the last stage of ResNet-18, four 32x32 images leave four values per channel for batch
// normalization, and PyTorch's float32 gradients differ from its float64 gradients by 1.3e-4. For such networks the bound is
// this multiple of the reference engine's own error. The reference engine rounds only between operators, fast engines also
// inside sums: 15 times its error was measured in MobileNetV1's first batch normalization, whose gradients sum 25,000 values.
const roundingAllowance = 32;

/** Names of two engines. */
export type EnginePair = readonly [string, string];

export interface ForwardDifference {
  readonly pair: EnginePair;
  /** Largest absolute difference of a logit. */
  readonly maxAbs: number;
  /** `maxAbs`, relative to the largest logit. */
  readonly maxRel: number;
}

/** The larger of two engines' differences from the reference computation in a training step. */
export interface StepPairDifference {
  readonly pair: EnginePair;
  /** The value or parameter with the largest difference, relative to its largest magnitude. */
  readonly worst: NamedDifference;
}

/** Differences between engines, and whether they are within their bounds. */
export interface Verification {
  /** Name of the model. */
  readonly model: string;
  /** [N, C, H, W] */
  readonly input: Shape;
  /** Names of the engines. */
  readonly engines: readonly string[];
  /** Logits of a forward pass in inference mode. */
  readonly forward: readonly ForwardDifference[];
  /** Loss of a training step, and the forward values that its backward pass reads. */
  readonly values: readonly StepPairDifference[];
  /** Gradients of the parameters. */
  readonly gradients: readonly StepPairDifference[];
  /** 1e-5 for forward values and 1e-4 for gradients, or more if the network amplifies rounding. */
  readonly bounds: VerifyBounds;
  /** Error of the reference engine against 64-bit arithmetic; measured only if the default bounds are exceeded. */
  readonly rounding?: VerifyBounds;
  /** Whether all relative differences are within the bounds. */
  readonly holds: boolean;
}

/** Options of `verifyEngines`. */
export interface VerifyOptions {
  /** Number of random images. */
  readonly batchSize: number;
  /** Seed of weights, images, labels and dropout. */
  readonly seed: number;
  /** Called before each engine's forward pass and gradients. */
  readonly onProgress?: (engine: string, task: 'forward' | 'gradients') => void;
}

interface EngineResult {
  readonly engine: string;
  readonly logits: Tensor;
  /** Forward values that the backward pass reads; missing for the reference engine, which runs no training step. */
  readonly forwardValues?: ReadonlyMap<string, Tensor>;
  /** Difference from the reference computation at the same forward values. */
  readonly difference: StepDifference;
}

/**
 * Runs a model on each engine and compares every pair: logits in inference mode, and loss, intermediate values and gradients
 * of a training step. Training steps are compared through the reference computation, which takes over each engine's
 * forward values, so that both decide alike at ReLUs and maxima.
 * @throws UsageError unless there are at least two different engines
 * @example
 * const engines = [await openEngine('reference'), await openEngine('onnx')];
 * const { holds, gradients } = await verifyEngines(createModel('lenet5'), engines, { batchSize: 2, seed: 0 });
 */
export async function verifyEngines(
  model: Model,
  engines: readonly Engine[],
  options: VerifyOptions,
): Promise<Verification> {
  const names = engines.map(({ name }) => name);
  if (new Set(names).size < 2 || new Set(names).size < names.length) {
    throw new UsageError(
      `expected at least two different engines to compare, got ${names.join(', ') || 'none'}.`,
    );
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

/** Programs and inputs that all engines run. */
interface VerifyTask {
  readonly forward: Program;
  readonly step: InstrumentedStep;
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly createFeeds: (program: Program) => Record<string, Tensor>;
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
    createFeeds: (program) => randomFeeds(program, model, { ...options, loss }),
  };
}

function isWithin(found: VerifyBounds, bounds: VerifyBounds): boolean {
  return found.forward <= bounds.forward && found.gradients <= bounds.gradients;
}

/** Error of the reference computation against 64-bit arithmetic, at the forward values of the engine that differs most. */
async function roundingError(task: VerifyTask, results: readonly EngineResult[]): Promise<VerifyBounds> {
  const size = ({ difference }: EngineResult) =>
    Math.max(difference.value.maxRel, difference.gradient.maxRel);
  const { forwardValues = new Map() } = results
    .filter((result) => result.forwardValues)
    .reduce((worst, other) => (size(other) > size(worst) ? other : worst));
  const [rounded, exact] = [newTensor, exactTensor].map((allocate) =>
    replayed(task, forwardValues, allocate),
  );
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
  // Training steps of other engines are compared with the reference computation itself.
  if (engine.name === referenceEngine.name) return { engine: engine.name, logits, difference: noDifference };
  onProgress?.(engine.name, 'gradients');
  const actual = stepResults(await runOnce(task.step.program, engine, task));
  const difference = stepDifference(actual, replayed(task, actual.values, newTensor));
  return { engine: engine.name, logits, forwardValues: actual.values, difference };
}

async function computeLogits(engine: Engine, task: VerifyTask): Promise<Tensor> {
  return (await runOnce(task.forward, engine, task)).logits;
}

function replayed(
  { step, weights, createFeeds }: VerifyTask,
  forwardValues: ReadonlyMap<string, Tensor>,
  allocate: Allocate,
): ReferenceStep {
  return replay(step, { feeds: createFeeds(step.program), weights }, forwardValues, allocate);
}

async function runOnce(
  program: Program,
  engine: Engine,
  { weights, createFeeds }: VerifyTask,
): Promise<Record<string, Tensor>> {
  return withExecutable(engine, program, weights, (executable) => executable.run(createFeeds(program)));
}

function forwardDifference(
  a: Pick<EngineResult, 'engine' | 'logits'>,
  b: Pick<EngineResult, 'engine' | 'logits'>,
): ForwardDifference {
  const maxAbs = largestDifference(a.logits, b.logits);
  return { pair: [a.engine, b.engine], maxAbs, maxRel: relative(maxAbs, largestMagnitude(a.logits)) };
}

function stepPairDifference(
  [a, b]: readonly [EngineResult, EngineResult],
  choose: (difference: StepDifference) => NamedDifference,
): StepPairDifference {
  return { pair: [a.engine, b.engine], worst: findWorst([choose(a.difference), choose(b.difference)]) };
}
