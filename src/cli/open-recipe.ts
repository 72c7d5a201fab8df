// Opens what training options stand for: network, initial weights, optimizer, augmentation.

import { UsageError } from '../base/errors.ts';
import { pickOptions } from '../base/option.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import type { SplitDataset } from '../data/dataset.ts';
import {
  type ChannelCounts,
  channelsFor,
  countChannels,
  type PixelFormats,
} from '../data/survey/channels.ts';
import { augmentations, parseAugmentation } from '../data/transforms/augmentation.ts';
import { findEntry } from '../models/index.ts';
import type { Model } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import { type UpdateSettings, updateOptions } from '../optim/update-settings.ts';
import { recipeFields, trainingOptions } from '../recipe/options.ts';
import { inherit, preprocessingFor, type TrainOptions } from '../train/index.ts';
import { reportNote } from './failure.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { noteChannels, noteDeepValues } from './open-data.ts';
import { buildModel } from './options.ts';
import { ProgressBar } from './progress.ts';
import type { TrainChoice } from './train-choice.ts';

/** `  rotation=10  degrees to either side`, one line each. */
export function formatAugmentations(): string {
  return Object.entries(augmentations)
    .map(([name, { fallback, meaning }]) => `  ${`${name}=${fallback}`.padEnd(26)}${meaning}`)
    .join('\n');
}

/** A model for the data, and how it is trained. */
export interface OpenedRecipe {
  readonly model: Model;
  /** With a note if its images determined the input of the model. */
  readonly data: SplitDataset;
  readonly options: TrainOptions;
}

/**
 * Opens all options but those of the learning rate. What is taken from a checkpoint is written to standard error.
 * @throws UsageError if an option is not valid, or the checkpoint has another network
 */
export async function openRecipe(choice: TrainChoice, given: SplitDataset): Promise<OpenedRecipe> {
  const { augment, freeze, init, initWeights } = choice;
  if (initWeights !== undefined && init === undefined) {
    throw new UsageError('--init-weights needs --init.');
  }
  const optimizer = createChosenOptimizer(choice);
  const initial = init === undefined ? undefined : await openCheckpoint(init, initWeights);
  const formats = await countWithProgress(given);
  const counts = choice.input || initial ? undefined : formats;
  const data = await noteDeepValues(counts ? noteChannels(given, counts) : given, formats.highBitDepth);
  const model = buildChosenModel(choice, data, counts, initial?.model);
  const preprocessing =
    initial && String(initial.model.input) === String(model.input)
      ? initial.preprocessing
      : preprocessingFor(model);
  const update = updateOf(choice);
  return {
    model,
    data,
    options: {
      ...pickOptions(recipeFields, choice),
      optimizer,
      preprocessing,
      ...(initial && { weights: inheritWeights(model, initial, data) }),
      ...(freeze !== undefined && { freeze: freeze.split(',').map((part) => part.trim()) }),
      ...(Object.keys(update).length > 0 && { update }),
      ...(augment !== undefined && { augmentation: parseAugmentation(augment, preprocessing, model.input) }),
    },
  };
}

/** Momentum turns SGD into the optimizer of that name. */
export function createChosenOptimizer(choice: TrainChoice): Optimizer {
  const { optimizer = trainingOptions.optimizer.default, momentum, weightDecay } = choice;
  const isPlain = optimizer === 'sgd' && momentum === 0;
  return createOptimizer(optimizer === 'sgd' && momentum ? 'momentum' : optimizer, {
    ...(momentum !== undefined && !isPlain && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  });
}

/** Settings that differ from their defaults. */
function updateOf(choice: TrainChoice): UpdateSettings {
  const isDefault = ([name, value]: [string, unknown]) =>
    value === (updateOptions as Record<string, { default?: unknown }>)[name].default;
  const settings = Object.entries(pickOptions(updateOptions, choice));
  return Object.fromEntries(settings.filter((setting) => !isDefault(setting)));
}

/** The network for the channels and classes of the data; other values are those of the initial network, or its defaults. */
function buildChosenModel(
  choice: TrainChoice,
  data: SplitDataset,
  counts: ChannelCounts | undefined,
  initial?: Model,
): Model {
  if (initial && initial.name !== choice.model) {
    throw new UsageError(
      `--init ${choice.init} holds ${initial.name}, but the model is ${choice.model}; train the same network.`,
    );
  }
  const [channels, height, width] = findEntry(choice.model).input;
  const input = choice.input ?? initial?.input ?? [counts ? channelsFor(counts) : channels, height, width];
  const inherited = Object.entries(initial?.options ?? {}).filter(
    ([key]) => !['classes', 'inChannels'].includes(key),
  );
  const option = [...inherited.map(([key, value]) => `${key}=${value}`), ...(choice.option ?? [])];
  return buildModel(choice.model, { classes: choice.classes ?? data.classes.length, option }, input);
}

async function countWithProgress(data: SplitDataset): Promise<PixelFormats> {
  const bar = new ProgressBar();
  return countChannels(data, (done, total) => bar.update('headers', done, total, 'images')).finally(() =>
    bar.clear(),
  );
}

function inheritWeights(model: Model, initial: Checkpoint, data: SplitDataset): Checkpoint['weights'] {
  const { weights, reinitialized } = inherit(model, initial);
  const head =
    reinitialized.length > 0
      ? `; re-initialized for ${data.classes.length} classes instead of ${initial.classes.length}: ${reinitialized.join(', ')}`
      : '';
  reportNote(`took ${weights.size} tensors of ${initial.model.name}${head}.`);
  return weights;
}
