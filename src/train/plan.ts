// A run thought through before it begins: every choice made and checked, so that what can fail early does.

import { checkInteger } from '../base/arguments.ts';
import { DataError, UsageError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type Augmentation, readAugmentation } from '../data/transforms/augmentation.ts';
import {
  defaultPreprocessing,
  outputShape,
  type Preprocessing,
  readPreprocessing,
  type TransformList,
  valueRangeOf,
} from '../data/transforms/transforms.ts';
import { classCount } from '../metrics/index.ts';
import { type Loss, type Model, sigmoidCrossEntropy, softmaxCrossEntropy } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { readSchedule } from '../optim/schedule-settings.ts';
import { type Rates, type RunLength, ratesOf, type Schedule } from '../optim/schedules.ts';
import { sgd } from '../optim/sgd.ts';
import { readUpdateSettings, type UpdateSettings } from '../optim/update-settings.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { freeze } from './fine-tuning.ts';
import type { Recipe } from './metadata.ts';
import type { RateFunction, TrainOptions } from './options.ts';
import { softLoss } from './session.ts';

export interface Plan {
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

export type PlanOptions = Omit<
  TrainOptions,
  'engine' | 'out' | 'overwrite' | 'listeners' | 'signal' | 'weights'
>;

/**
 * Fills in what the caller left open.
 * @throws UsageError if a choice is not valid, or the model does not fit the data
 * @throws DataError if there are no training images, the first one cannot be read, or the preprocessing is not valid
 */
export async function makePlan(model: Model, data: SplitDataset, options: PlanOptions): Promise<Plan> {
  const { loss = defaultLoss(model), optimizer = sgd(), learningRate = 0.01 } = options;
  const preprocessing = withValueRange(
    readPreprocessing(options.preprocessing ?? preprocessingFor(model)),
    data,
  );
  checkClasses(model, data);
  checkLoss(model, loss);
  const augmentation = options.augmentation && augmentationOf(options.augmentation, preprocessing, loss);
  await checkImages(model, data, augmentation ? [preprocessing, augmentation.transforms] : [preprocessing]);
  const { batchSize, stepsPerEpoch, ...counts } = countsOf(data, options);
  checkInteger('keep', options.keep ?? 0, 0);
  const recipe: Recipe = {
    ...counts,
    batchSize,
    optimizer: { name: optimizer.name, settings: optimizer.settings },
    learningRate: typeof learningRate === 'number' ? learningRate : null,
    ...(options.update && { update: readUpdateSettings(options.update) }),
    ...(options.freeze && { freeze: freeze(model, options.freeze) }),
    ...(options.schedule && { schedule: readSchedule(options.schedule) }),
    dropLast: options.dropLast ?? false,
    ...(options.balance && { balance: true }),
    ...(augmentation && { augmentation }),
    data: data.name,
    images: imageCounts(data),
  };
  const steps = counts.epochs * stepsPerEpoch;
  const rates = checkedRates(learningRate, recipe.schedule, { steps, stepsPerEpoch });
  rates(0); // A rate that is wrong from the start is said now.
  const { update = {} } = recipe;
  return { model, data, recipe, optimizer, update, rates, loss, preprocessing, stepsPerEpoch, steps };
}

/** Softmax cross-entropy; sigmoid cross-entropy for a model with one output. */
export function defaultLoss(model: Model): Loss {
  return model.classes === 1 ? sigmoidCrossEntropy() : softmaxCrossEntropy();
}

/** Resize to the model's input, scale to -1 .. 1. */
export function preprocessingFor({ name, input: [channels, height, width] }: Model): Preprocessing {
  if (channels === 1 || channels === 3) return defaultPreprocessing({ channels, height, width });
  throw new UsageError(
    `${name} takes images of ${channels} channels; images have 1 or 3: build the model with inChannels 1 or 3.`,
  );
}

/** The preprocessing that decodes other images as those of the data set were. @throws UsageError if it decodes otherwise */
function withValueRange(preprocessing: Preprocessing, data: SplitDataset): Preprocessing {
  const { name, valueRange, splits } = data;
  const own = valueRangeOf(preprocessing);
  if (!splits.train.file || String(own) === String(valueRange)) return preprocessing;
  if (own === undefined) return [{ transform: 'value-range', range: valueRange! }, ...preprocessing];
  throw new UsageError(
    `the preprocessing takes values from ${own.join(' to ')} as black to white, but ${name} was opened with ` +
      `${valueRange ? `those from ${valueRange.join(' to ')}` : 'no value range'}; open it with --value-range ${own} ` +
      '(valueRange in a program).',
  );
}

/** Images in each part of a data set. */
export function imageCounts({ splits: { train, valid, test } }: SplitDataset): Recipe['images'] {
  return { train: train.length, valid: valid.length, test: test.length };
}

function countsOf(data: SplitDataset, options: PlanOptions) {
  const { epochs, batchSize = 64, seed = 0, dropLast = false } = options;
  checkInteger('epochs', epochs, 1);
  checkInteger('batchSize', batchSize, 1);
  checkInteger('seed', seed, 0);
  const { length } = data.splits.train;
  if (length === 0) {
    throw new DataError(`${data.name} has no training images; choose a data set or a subset that has some.`);
  }
  const stepsPerEpoch = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  if (stepsPerEpoch === 0) {
    throw new UsageError(
      `a batch of ${batchSize} is more than the ${length} training images, and dropLast leaves out what does not ` +
        `fill one; choose a batchSize up to ${length}.`,
    );
  }
  const { evaluateEvery = stepsPerEpoch, logEvery = Math.max(1, Math.round(stepsPerEpoch / 10)) } = options;
  checkInteger('evaluateEvery', evaluateEvery, 1);
  checkInteger('logEvery', logEvery, 1);
  return { epochs, batchSize: Math.min(batchSize, length), seed, evaluateEvery, logEvery, stepsPerEpoch };
}

function checkedRates(
  learningRate: number | RateFunction,
  schedule: Schedule | undefined,
  length: RunLength,
): Rates {
  const isNumber = typeof learningRate === 'number';
  if (schedule && !isNumber) {
    throw new UsageError(
      `learningRate is a function, and there is a schedule "${schedule.name}" as well; give one of them.`,
    );
  }
  const rates = isNumber ? ratesOf(schedule ?? { name: 'constant' }, learningRate, length) : learningRate;
  return (step, reductions) => {
    const rate = rates(step, reductions);
    if (rate >= 0 && rate < Infinity) return rate;
    const source = isNumber ? 'learningRate' : `the schedule at step ${step}`;
    throw new UsageError(`${source} is ${rate}; a learning rate is a number from 0, such as 0.01.`);
  };
}

function checkClasses(model: Model, data: SplitDataset): void {
  const expected = classCount(model.classes);
  if (data.classes.length === expected) return;
  const fix = data.classes.length === 2 ? '2 (or 1, for a single output)' : data.classes.length;
  throw new UsageError(
    `${model.name} tells ${expected} classes apart, but ${data.name} has ${data.classes.length}; ` +
      `build the model with classes: ${fix}.`,
  );
}

function checkLoss({ name, classes }: Model, loss: Loss): void {
  const wrong = classes === 1 ? 'softmax-cross-entropy' : 'sigmoid-cross-entropy';
  if (loss.name !== wrong) return;
  const fix =
    classes === 1 ? 'sigmoidCrossEntropy()' : 'softmaxCrossEntropy(), or build the model with classes: 1';
  throw new UsageError(`${loss.name} does not fit the ${classes} output(s) of ${name}; use ${fix}.`);
}

/** @throws UsageError if images come out otherwise normalised than those of validation, or the loss takes no mixed ones */
function augmentationOf(given: Augmentation, preprocessing: Preprocessing, loss: Loss): Augmentation {
  const augmentation = readAugmentation(given);
  if (augmentation.mixing) softLoss(loss);
  const [own, usual] = [augmentation.transforms, preprocessing].map((list) => JSON.stringify(list.at(-1)));
  if (own === usual) return augmentation;
  throw new UsageError(
    `the augmentation ends with ${own}, but the preprocessing with ${usual}; let both end with the same normalize.`,
  );
}

/** Fails unless the first training image comes out of every list as the model takes it. */
async function checkImages(model: Model, data: SplitDataset, lists: readonly TransformList[]): Promise<void> {
  if (data.splits.train.length === 0) return; // Said with more words elsewhere.
  const { image } = await data.splits.train.get(0);
  for (const [place, list] of lists.entries()) {
    const shape = outputShape(list, [image.channels, image.height, image.width]);
    if (sameShape(shape, model.input)) continue;
    const name = place === 0 ? 'preprocessing' : 'augmentation';
    throw new UsageError(
      `${model.name} takes images ${formatShape(model.input)}, but the ${name} gives ${formatShape(shape)}; ` +
        "let it resize to the model's height and width and convert the channels, or leave it out.",
    );
  }
}
