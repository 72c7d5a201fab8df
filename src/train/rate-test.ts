// The learning-rate range test: train with a growing learning rate, and see where the loss falls and where it explodes.
// Smith 2017, "Cyclical learning rates".

import { checkArgument } from '../base/arguments.ts';
import { TrainingError, UsageError } from '../base/errors.ts';
import { checkOptions, type PickedOf, withDefaults } from '../base/option.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { openEngine } from '../engines/index.ts';
import type { Model } from '../nn/index.ts';
import { rateTestOptions } from '../recipe/options.ts';
import type { GivenFields } from '../recipe/recipe.ts';
import type { RunOptions, TrainOptions } from './options.ts';
import { initialWeights, prepareRun, type RunSetup, trainLoader } from './setup.ts';
import { TrainStep } from './step.ts';

/** Options of `testRates`. */
export interface RateTestOptions
  extends Pick<RunOptions, 'engine' | 'signal'>,
    Omit<GivenFields, 'epochs' | 'evaluateEvery' | 'logEvery'>,
    Pick<
      TrainOptions,
      'augmentation' | 'freeze' | 'loss' | 'optimizer' | 'preprocessing' | 'update' | 'weights'
    >,
    PickedOf<typeof rateTestOptions> {
  /** Called after every step. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One step of the test. */
export interface RatePoint {
  readonly learningRate: number;
  /** Of the batch, before the update. */
  readonly loss: number;
  /** Exponential moving average of the losses. */
  readonly smoothed: number;
}

/** Result of a learning-rate range test (Smith, "Cyclical learning rates for training neural networks", WACV 2017). */
export interface RateTest {
  /** One entry for each step. */
  readonly points: readonly RatePoint[];
  /** Whether the loss exploded, which ends the test. */
  readonly diverged: boolean;
  /** Learning rate at which the loss falls fastest. */
  readonly suggestion: number;
  /** Learning rate at which the smoothed loss is lowest; higher rates are too high. */
  readonly limit: number;
}

/** Decay of the moving average of the loss. */
const SMOOTHING = 0.9;
/** A line is fitted over two such parts of the test: the losses of single batches are too noisy. */
const WINDOWS = 10;
/** The test ends when the smoothed loss exceeds the lowest one by this factor. */
const EXPLODED = 4;

/**
 * Trains with a learning rate that grows exponentially from step to step. The model's own weights are not changed.
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
  checkOptions(rateTestOptions, { ...options });
  const { lowest, highest, steps } = withDefaults(rateTestOptions, options);
  if (lowest >= highest) {
    throw new UsageError(
      `the learning rates go from ${lowest} to ${highest}; the highest one must be larger than the lowest.`,
    );
  }
  const setup = await prepareRun(model, data, { ...options, epochs: 1 });
  const rates = Array.from({ length: steps }, (_, i) => lowest * (highest / lowest) ** (i / (steps - 1)));
  const { engine = await openEngine(), weights } = options;
  const step = new TrainStep({ ...setup, engine, batchSize: setup.recipe.batchSize });
  try {
    step.predictor.write(initialWeights(setup, weights));
    return suggestRate(await raiseRates(step, setup, rates, options), steps);
  } finally {
    step.dispose();
  }
}

/** Trains until the rates end, the loss explodes, or a signal stops it. */
async function raiseRates(
  step: TrainStep,
  setup: RunSetup,
  rates: readonly number[],
  { onProgress, signal }: RateTestOptions,
): Promise<RatePoint[]> {
  const loader = trainLoader(setup);
  const points: RatePoint[] = [];
  let mean = 0;
  for (let epoch = 0; ; epoch++) {
    for await (const batch of loader.epoch(epoch)) {
      const learningRate = rates[points.length];
      const inputs = { learningRate, step: points.length + 1, seed: setup.recipe.seed };
      const { loss } = await step.run(batch.images, batch.softLabels ?? batch.labels, inputs);
      loader.recycle(batch);
      mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
      const smoothed = mean / (1 - SMOOTHING ** (points.length + 1));
      if (!Number.isFinite(loss)) return points;
      points.push({ learningRate, loss, smoothed });
      onProgress?.(points.length, rates.length);
      const best = Math.min(...points.map((point) => point.smoothed));
      if (smoothed > EXPLODED * best || points.length === rates.length || signal?.aborted) return points;
    }
  }
}

function suggestRate(points: readonly RatePoint[], steps: number): RateTest {
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
      `the loss did not fall in ${points.length} steps; test lower learning rates, or check the data and the preprocessing.`,
    );
  }
  return {
    points,
    diverged: points.length < steps || smoothed[smoothed.length - 1] > EXPLODED * least,
    suggestion: points[steepest].learningRate,
    limit: points[lowest].learningRate,
  };
}

/**
 * At each index the slope of a line fitted to the values up to `reach` away, by least squares; Infinity near the ends. A step is
 * a constant difference of the logarithm of the rate.
 */
function slopesOf(values: readonly number[], reach: number): number[] {
  const distances = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const squares = distances.reduce((sum, distance) => sum + distance ** 2, 0);
  return values.map((_, at) => {
    if (at < reach || at + reach >= values.length) return Infinity;
    return distances.reduce((sum, distance) => sum + distance * values[at + distance], 0) / squares;
  });
}
