// The learning-rate range test: a few steps with a growing learning rate show from where on a network learns, and where it
// falls apart. Smith 2017, "Cyclical learning rates".

import { checkArgument, checkInteger } from '../base/arguments.ts';
import { TrainingError, UsageError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { openEngine } from '../engines/index.ts';
import type { Model } from '../nn/index.ts';
import type { RunOptions, TrainOptions } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { trainLoader } from './runner.ts';
import { Session } from './session.ts';
import { startingWeights } from './train.ts';

export interface RateTestOptions
  extends Pick<RunOptions, 'engine' | 'signal'>,
    Pick<
      TrainOptions,
      | 'augmentation'
      | 'batchSize'
      | 'freeze'
      | 'loss'
      | 'optimizer'
      | 'preprocessing'
      | 'seed'
      | 'update'
      | 'weights'
    > {
  /** First learning rate; 1e-6 unless given. */
  readonly lowest?: number;
  /** Last learning rate; 10 unless given. */
  readonly highest?: number;
  /** Steps from the first to the last; 100 unless given. */
  readonly steps?: number;
  /** Hears how many steps are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One step of the test. */
export interface RatePoint {
  readonly learningRate: number;
  /** Of the batch, before the update. */
  readonly loss: number;
  /** Running mean of the losses. */
  readonly smoothed: number;
}

export interface RateTest {
  readonly points: readonly RatePoint[];
  /** Whether the loss grew without bounds, which ends the test. */
  readonly diverged: boolean;
  /** Learning rate at which the loss falls steepest. */
  readonly suggestion: number;
  /** Learning rate at which the smoothed loss is lowest: more is too much. */
  readonly limit: number;
}

/** Share of the running mean that a step keeps. */
const KEPT = 0.9;
/** A slope is taken over two such parts of the test, since batches differ by more than their neighbours' rates. */
const WINDOWS = 10;
/** The test ends when the smoothed loss is so many times the lowest one. */
const TOO_MUCH = 4;

/**
 * Trains with a learning rate that grows by the same factor at every step. The model's own weights are not touched.
 * @throws UsageError if an option is not valid
 * @throws TrainingError if the loss never falls
 */
export async function testRates(
  model: Model,
  data: SplitDataset,
  options: RateTestOptions = {},
): Promise<RateTest> {
  checkArgument.model('testRates(model, data, options?)', model);
  checkArgument.data('testRates(model, data, options?)', data);
  const { lowest = 1e-6, highest = 10, steps = 100 } = options;
  if (!(lowest > 0 && highest > lowest && highest < Infinity)) {
    throw new UsageError(
      `the learning rates go from ${lowest} to ${highest}; expected two numbers above 0, the lower one first.`,
    );
  }
  checkInteger('steps', steps, 10);
  const plan = await makePlan(model, data, { ...options, epochs: 1 });
  const rates = Array.from({ length: steps }, (_, i) => lowest * (highest / lowest) ** (i / (steps - 1)));
  const { engine = await openEngine(), weights } = options;
  const { recipe, loss, optimizer, update, stepsPerEpoch } = plan;
  const { batchSize } = recipe;
  const session = new Session({ engine, model, loss, optimizer, update, batchSize, stepsPerEpoch });
  try {
    session.write(startingWeights(plan, weights));
    return judge(await climb(session, plan, rates, options), steps);
  } finally {
    session.dispose();
  }
}

/** Steps until the rates end, the loss explodes, or a signal stops it. */
async function climb(
  session: Session,
  plan: Plan,
  rates: readonly number[],
  { onProgress, signal }: RateTestOptions,
): Promise<RatePoint[]> {
  const loader = trainLoader(plan);
  const points: RatePoint[] = [];
  let mean = 0;
  for (let epoch = 0; ; epoch++) {
    for await (const batch of loader.epoch(epoch)) {
      const learningRate = rates[points.length];
      const inputs = { learningRate, step: points.length + 1, seed: plan.recipe.seed };
      const { loss } = await session.train(batch.images, batch.softLabels ?? batch.labels, inputs);
      loader.recycle(batch);
      mean = KEPT * mean + (1 - KEPT) * loss;
      const smoothed = mean / (1 - KEPT ** (points.length + 1));
      if (!Number.isFinite(loss)) return points;
      points.push({ learningRate, loss, smoothed });
      onProgress?.(points.length, rates.length);
      const best = Math.min(...points.map((point) => point.smoothed));
      if (smoothed > TOO_MUCH * best || points.length === rates.length || signal?.aborted) return points;
    }
  }
}

function judge(points: readonly RatePoint[], steps: number): RateTest {
  const smoothed = points.map((point) => point.smoothed);
  const least = Math.min(...smoothed);
  const lowest = smoothed.indexOf(least);
  const slopes = slopesOf(
    points.slice(0, lowest + 1).map(({ loss }) => loss),
    Math.max(2, Math.round(steps / WINDOWS)),
  );
  const steepest = slopes.indexOf(Math.min(...slopes));
  if (lowest < 1 || !(slopes[steepest] < 0)) {
    throw new TrainingError(
      `the loss did not fall in ${points.length} steps; test lower learning rates, or look at the data and the preprocessing.`,
    );
  }
  return {
    points,
    diverged: points.length < steps || smoothed.at(-1)! > TOO_MUCH * least,
    suggestion: points[steepest].learningRate,
    limit: points[lowest].learningRate,
  };
}

/**
 * At each place the slope of the straight line through the values up to `reach` places away, in steps, which is over the
 * logarithm of the rate; Infinity where there are not so many values on both sides.
 */
function slopesOf(values: readonly number[], reach: number): number[] {
  const distances = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const squares = distances.reduce((sum, distance) => sum + distance ** 2, 0);
  return values.map((_, at) => {
    if (at < reach || at + reach >= values.length) return Infinity;
    return distances.reduce((sum, distance) => sum + distance * values[at + distance], 0) / squares;
  });
}
