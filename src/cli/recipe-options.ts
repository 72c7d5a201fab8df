// The options that say how a network is trained, which several commands share, and what they stand for.
import { type Command, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import { augmentations, parseAugmentation } from '../data/augmentation.ts';
import { type ChannelCounts, channelsFor, countChannels, type PixelFormats } from '../data/channels.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { findEntry } from '../models/index.ts';
import type { Model } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import {
  type Checkpoint,
  inherit,
  preprocessingFor,
  type TrainOptions,
  type WeightSet,
} from '../train/index.ts';
import { openCheckpoint, weightsOption } from './checkpoint-option.ts';
import { noteChannels, noteDeepValues } from './data-options.ts';
import { reportNote } from './failure.ts';
import {
  buildModel,
  type ImageShape,
  imageShape,
  type ModelChoice,
  positiveNumber,
  wholeNumber,
} from './options.ts';
import { ProgressBar } from './progress.ts';

/** What decides how a network is trained, but for its length and its learning rate. */
export interface RecipeChoice extends ModelChoice {
  readonly model: string;
  readonly input?: ImageShape;
  readonly init?: string;
  readonly initWeights?: WeightSet;
  readonly freeze?: string;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly decay?: 'all' | 'weights';
  readonly clipNorm?: number;
  readonly accumulate?: number;
  readonly augment?: string;
  readonly balance?: boolean;
  readonly seed: number;
}

export const recipeDefaults = { batchSize: 64, optimizer: 'sgd', seed: 0 } as const;

export const shareOption = positiveNumber({ zero: true });

export function withRecipe(command: Command): Command {
  const { batchSize, optimizer, seed } = recipeDefaults;
  return command
    .option(
      '--input <C,H,W>',
      "channels, height, width (default: 3 channels unless all images are grayscale, the network's size)",
      imageShape,
    )
    .option(
      '--init <checkpoint>',
      'start from the weights of this checkpoint or run; its head is drawn anew for another number of classes',
    )
    .addOption(weightsOption('--init-weights <set>', 'weights that --init takes of a run with --ema'))
    .option(
      '--freeze <parts>',
      'leave parts of the network as they are: beginnings of parameter names, such as conv1,layer1, or all-but-head',
    )
    .option('--batch-size <count>', `images per step (default: ${batchSize})`, wholeNumber(1))
    .option('--optimizer <name>', `sgd, momentum, nesterov, adam or adamw (default: ${optimizer})`)
    .option(
      '--momentum <share>',
      'share of the velocity that a step keeps; sgd has none by default',
      shareOption,
    )
    .option('--weight-decay <share>', 'pull of the weights towards 0', shareOption)
    .addOption(
      new Option(
        '--decay <what>',
        'what weight decay pulls at: all parameters (as PyTorch), or weights, without biases and normalisations',
      ).choices(['all', 'weights']),
    )
    .option(
      '--clip-norm <norm>',
      'scale gradients down whose norm, all together, is more than this',
      positiveNumber(),
    )
    .option(
      '--accumulate <n>',
      'accumulate gradients over N batches; the last update of an epoch takes those left (default: 1)',
      wholeNumber(1),
    )
    .option(
      '--augment <list>',
      'change training images at random: names as below, each with its amount or another (NAME=AMOUNT)',
    )
    .option('--balance', 'show images of every class equally often, in epochs of the same length')
    .option(
      '--seed <number>',
      `seed of weights, order, dropout and augmentation (default: ${seed})`,
      wholeNumber(0),
    );
}

/** `  rotation=10  degrees to either side`, a line for each. */
export function formatAugmentations(): string {
  return Object.entries(augmentations)
    .map(([name, { fallback, meaning }]) => `  ${`${name}=${fallback}`.padEnd(26)}${meaning}`)
    .join('\n');
}

/** A model for the data, and how it is trained. */
export interface OpenedRecipe {
  readonly model: Model;
  /** The data set, with a note where its images determined the model's input. */
  readonly data: SplitDataset;
  readonly options: Pick<
    TrainOptions,
    | 'augmentation'
    | 'balance'
    | 'batchSize'
    | 'freeze'
    | 'optimizer'
    | 'preprocessing'
    | 'seed'
    | 'update'
    | 'weights'
  >;
}

/**
 * What was chosen, opened. What is taken from a checkpoint is written to the error output.
 * @throws UsageError if a choice is not valid, or the checkpoint is of another network
 */
export async function openRecipe(choice: RecipeChoice, given: SplitDataset): Promise<OpenedRecipe> {
  const { batchSize, seed, augment, balance = false, freeze, init, initWeights } = choice;
  if (initWeights !== undefined && init === undefined) {
    throw new UsageError('--init-weights says which weights --init takes; give --init too.');
  }
  const optimizer = optimizerOf(choice);
  const start = init === undefined ? undefined : await openCheckpoint(init, initWeights);
  const formats = await countShown(given);
  const counts = choice.input || start ? undefined : formats;
  const data = await noteDeepValues(counts ? noteChannels(given, counts) : given, formats.deep);
  const model = modelFor(choice, data, counts, start?.model);
  const preprocessing =
    start && String(start.model.input) === String(model.input)
      ? start.preprocessing
      : preprocessingFor(model);
  const update = updateOf(choice);
  return {
    model,
    data,
    options: {
      batchSize,
      balance,
      seed,
      optimizer,
      preprocessing,
      ...(start && { weights: weightsOf(model, start, data) }),
      ...(freeze !== undefined && { freeze: freeze.split(',').map((part) => part.trim()) }),
      ...(Object.keys(update).length > 0 && { update }),
      ...(augment !== undefined && { augmentation: parseAugmentation(augment, preprocessing, model.input) }),
    },
  };
}

export function optimizerOf({ optimizer, momentum, weightDecay }: RecipeChoice): Optimizer {
  const moving = optimizer === 'sgd' && momentum !== undefined;
  const still = moving && momentum === 0;
  return createOptimizer(moving && !still ? 'momentum' : optimizer, {
    ...(momentum !== undefined && !still && { momentum }),
    ...(weightDecay !== undefined && { weightDecay }),
  });
}

function updateOf({ decay, clipNorm, accumulate }: RecipeChoice): UpdateSettings {
  return {
    ...(decay !== undefined && { decay }),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(accumulate !== undefined && { accumulate }),
  };
}

/** The network for the data's channels and classes, at the size it was made for or trained with, unless chosen otherwise. */
function modelFor(
  choice: RecipeChoice,
  data: SplitDataset,
  counts: ChannelCounts | undefined,
  trained?: Model,
): Model {
  if (trained && trained.name !== choice.model) {
    throw new UsageError(
      `--init ${choice.init} holds ${trained.name}, but the model is ${choice.model}; train the same network.`,
    );
  }
  const [channels, height, width] = findEntry(choice.model).input;
  const input = choice.input ?? trained?.input ?? [counts ? channelsFor(counts) : channels, height, width];
  const kept = Object.entries(trained?.options ?? {}).filter(
    ([key]) => !['classes', 'inChannels'].includes(key),
  );
  const option = [...kept.map(([key, value]) => `${key}=${value}`), ...(choice.option ?? [])];
  return buildModel(choice.model, { classes: choice.classes ?? data.classes.length, option }, input);
}

/** `countChannels` with a progress bar. */
async function countShown(data: SplitDataset): Promise<PixelFormats> {
  const bar = new ProgressBar();
  return countChannels(data, (done, total) => bar.update('headers', done, total, 'images')).finally(() =>
    bar.clear(),
  );
}

function weightsOf(model: Model, start: Checkpoint, data: SplitDataset): Checkpoint['weights'] {
  const { weights, drawn } = inherit(model, start);
  const anew =
    drawn.length > 0
      ? `; drawn anew for ${data.classes.length} classes instead of ${start.classes.length}: ${drawn.join(', ')}`
      : '';
  reportNote(`took ${weights.size} tensors of ${start.model.name}${anew}.`);
  return weights;
}
