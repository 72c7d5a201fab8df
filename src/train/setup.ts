// Validates options and resolves defaults before training starts: from the options of `train` to the recipe of a run.

import { DataError, ShapeError, UsageError } from '../base/errors.ts';
import { checkOption, checkOptions } from '../base/option.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { compareWeights, describeDifferences } from '../checkpoints/weight-differences.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { Loader, type LoadingOptions } from '../data/loading/loader.ts';
import {
  defaultPreprocessing,
  type Preprocessing,
  readPreprocessing,
} from '../data/transforms/transforms.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { initialize, type Loss, type Model, sigmoidCrossEntropy, softmaxCrossEntropy } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { readSchedule, type Schedule } from '../optim/schedule-settings.ts';
import { type Rates, type RunLength, ratesOf } from '../optim/schedules.ts';
import { sgd } from '../optim/sgd.ts';
import { readUpdateSettings, type UpdateSettings } from '../optim/update-settings.ts';
import { trainProgram } from '../program/programs.ts';
import { recipeFields, runFields, trainingOptions } from '../recipe/options.ts';
import { type Recipe, type ResolvedFields, resolveFields } from '../recipe/recipe.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { checkAugmentation, checkClasses, checkImages, checkLoss, withValueRange } from './checks.ts';
import { freeze } from './fine-tuning.ts';
import type { RateFunction, TrainOptions } from './options.ts';

/** A run with every choice made. */
export interface RunSetup {
  readonly model: Model;
  readonly data: SplitDataset;
  readonly recipe: Recipe;
  readonly optimizer: Optimizer;
  readonly update: UpdateSettings;
  /** Learning rate of every step. */
  readonly rates: Rates;
  readonly loss: Loss;
  readonly preprocessing: Preprocessing;
  readonly stepsPerEpoch: number;
  /** Steps of the whole run. */
  readonly steps: number;
}

export type SetupOptions = Omit<
  TrainOptions,
  'engine' | 'out' | 'overwrite' | 'listeners' | 'signal' | 'weights'
>;

/**
 * @throws UsageError if an option is not valid, or the model does not fit the data
 * @throws DataError if there are no training images, the first one cannot be read, or the preprocessing is not valid
 */
export async function prepareRun(model: Model, data: SplitDataset, options: SetupOptions): Promise<RunSetup> {
  const { loss = defaultLoss(model), optimizer = sgd(), learningRate = 0.01 } = options;
  checkOptions({ ...recipeFields, ...runFields }, { ...options });
  const preprocessing = withValueRange(
    readPreprocessing(options.preprocessing ?? preprocessingFor(model)),
    data,
  );
  checkClasses(model, data);
  checkLoss(model, loss);
  const augmentation = options.augmentation && checkAugmentation(options.augmentation, preprocessing, loss);
  await checkImages(model, data, augmentation ? [preprocessing, augmentation.transforms] : [preprocessing]);
  const { stepsPerEpoch, fields } = resolveLengths(data, options);
  const { epochs, seed, evaluateEvery, logEvery, batchSize, ...otherFields } = fields;
  const recipe: Recipe = {
    // The order of the keys is that of stored files: runs that are resumed are stored byte for byte as before.
    ...{ epochs, seed, evaluateEvery, logEvery, batchSize },
    optimizer: { name: optimizer.name, settings: optimizer.settings },
    learningRate: typeof learningRate === 'number' ? learningRate : null,
    ...(options.update && { update: readUpdateSettings(options.update) }),
    ...(options.freeze && { freeze: freeze(model, options.freeze) }),
    ...(options.schedule && { schedule: readSchedule(options.schedule) }),
    ...otherFields,
    ...(augmentation && { augmentation }),
    data: data.name,
    images: imageCounts(data),
  };
  const steps = epochs * stepsPerEpoch;
  const rates = checkedRates(learningRate, recipe.schedule, { steps, stepsPerEpoch });
  rates(0); // Reports a rate that is not valid before training starts.
  const { update = {} } = recipe;
  return { model, data, recipe, optimizer, update, rates, loss, preprocessing, stepsPerEpoch, steps };
}

/** Softmax cross-entropy; sigmoid cross-entropy for a model with one output. */
export function defaultLoss(model: Model): Loss {
  return model.classes === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy();
}

/**
 * Resizes to the model's input and scales to -1..1.
 * @throws UsageError unless the model takes 1 or 3 channels
 */
export function preprocessingFor({ name, input: [channels, height, width] }: Model): Preprocessing {
  if (channels === 1 || channels === 3) return defaultPreprocessing({ channels, height, width });
  throw new UsageError(
    `${name} takes images of ${channels} channels; images have 1 or 3: build the model with inChannels 1 or 3.`,
  );
}

/** Number of images in each split. */
function imageCounts({ splits: { train, valid, test } }: SplitDataset): Recipe['images'] {
  return { train: train.length, valid: valid.length, test: test.length };
}

/** The recipe's own fields, with the defaults that depend on the number of images. */
function resolveLengths(
  data: SplitDataset,
  options: SetupOptions,
): { stepsPerEpoch: number; fields: ResolvedFields } {
  const { batchSize = recipeFields.batchSize.default, dropLast = recipeFields.dropLast.default } = options;
  const { length } = data.splits.train;
  if (length === 0) {
    throw new DataError(`${data.name} has no training images; choose a data set or a subset that has some.`);
  }
  const stepsPerEpoch = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  if (stepsPerEpoch === 0) {
    throw new UsageError(
      `a batch of ${batchSize} is more than the ${length} training images, and dropLast drops a batch that is not full; ` +
        `choose a batchSize of at most ${length}.`,
    );
  }
  const logEvery = Math.max(1, Math.round(stepsPerEpoch / 10));
  const fields = resolveFields(options, { evaluateEvery: stepsPerEpoch, logEvery });
  return { stepsPerEpoch, fields: { ...fields, batchSize: Math.min(batchSize, length) } };
}

function checkedRates(
  learningRate: number | RateFunction,
  schedule: Schedule | undefined,
  length: RunLength,
): Rates {
  const { lr } = trainingOptions;
  if (typeof learningRate === 'number') {
    checkOption(lr, learningRate);
    return ratesOf(schedule ?? { name: 'constant' }, learningRate, length);
  }
  if (schedule) {
    throw new UsageError(
      `learningRate is a function, and there is a schedule "${schedule.name}" as well; give one of them.`,
    );
  }
  return (step) => {
    const rate = learningRate(step);
    checkOption({ ...lr, label: `${lr.label} at step ${step}` }, rate);
    return rate;
  };
}

/** Builds the programs for full and last batches, so that faults of the model are reported before training starts. */
export function checkPrograms({ model, loss, optimizer, update, recipe }: RunSetup): void {
  const { batchSize, dropLast, images } = recipe;
  checkMemory(trainProgram(model, { batchSize, loss, optimizer, update }));
  const rest = images.train % batchSize;
  if (rest === 0 || dropLast) return;
  try {
    trainProgram(model, { batchSize: rest, loss, optimizer, update });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UsageError(
      `the last batch of an epoch would have ${rest} of ${images.train} images, which ${model.name} cannot train on; ` +
        `drop it (--drop-last, dropLast), or change the batchSize of ${batchSize}. ${error.message}`,
      { cause: error },
    );
  }
}

/** Batches of the training images, shuffled and augmented as the recipe says. */
export function trainLoader({ data, preprocessing, recipe }: RunSetup, loading: LoadingOptions = {}): Loader {
  const { batchSize, seed, dropLast, balance = false, augmentation } = recipe;
  return new Loader(data.splits.train, {
    preprocessing: augmentation?.transforms ?? preprocessing,
    ...(augmentation?.mixing && { mixing: augmentation.mixing }),
    batchSize,
    seed,
    shuffle: true,
    balance,
    ...loading,
    partial: dropLast ? 'drop' : 'keep',
  });
}

/** `given` weights, and the model's initialization for the others. */
export function initialWeights(
  { model, recipe }: RunSetup,
  given: Checkpoint['weights'] = new Map(),
): Map<string, FloatTensor> {
  const fault = describeDifferences({ ...compareWeights(model, given), missing: [] });
  if (fault) throw new UsageError(`the initial weights do not fit ${model.name}: ${fault}.`);
  return initialize(model.network, model.init, recipe.seed, given);
}
