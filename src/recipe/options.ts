// The options of training, one row each. The command line, its help and checks, the fields of `TrainOptions`, the recipe in
// config.json and checkpoints, and what a resumed run accepts are derived from these tables.

import {
  choice,
  flag,
  nonNegative,
  nonNegativeInteger,
  type OptionTable,
  option,
  positive,
  positiveInteger,
  text,
  texts,
} from '../base/option.ts';
import { optimizerNames } from '../optim/optimizers.ts';
import { updateOptions } from '../optim/update-settings.ts';
import { MAX_THREADS } from '../system/threads.ts';
import { dataOptions } from './data-options.ts';
import { describeLearningRates, describeSettingDefaults } from './optimizer-defaults.ts';

const MODEL = 'Model options:';
const RUN = 'Run options:';

/** A network has more weights than a machine has memory beyond it. */
const MAX_CLASSES = 1e9;

/** Which network. */
export const modelOptions = {
  classes: option({ type: 'integer', min: 1, max: MAX_CLASSES }, 'classes', 'number of outputs', {
    group: MODEL,
  }),
  option: option(texts, 'network options', 'network option, such as init=xavier; repeat for more', {
    placeholder: 'key=value',
    group: MODEL,
  }),
} as const satisfies OptionTable;

/** How batches are made. */
const batchFields = {
  /** Images per step (default: 64). */
  batchSize: option(positiveInteger, 'batch size', 'images per step', { default: 64, example: 16 }),
  /** Seed of the initial weights, the order of the images, dropout and augmentation (default: 0). */
  seed: option(nonNegativeInteger, 'seed', 'seed of weights, image order, dropout and augmentation', {
    placeholder: 'number',
    default: 0,
    example: 1,
  }),
  /** Drop the last batch of an epoch if it is smaller (default: false). */
  dropLast: option(flag, 'drop last batch', 'drop the last batch of an epoch if it is smaller', {
    default: false,
    example: true,
  }),
  /** Class-balanced sampling (default: false). The length of an epoch stays the same: see `LoaderOptions.balance`. */
  balance: option(flag, 'balance classes', 'class-balanced sampling; the length of an epoch stays the same', {
    example: true,
  }),
} as const satisfies OptionTable;

/** How long a run trains, and when it is evaluated and logged. */
const lengthFields = {
  /** Passes over the training images. */
  epochs: option(positiveInteger, 'epochs', 'passes over the training images', {
    default: 5,
    example: 2,
    resume: 'changeable',
  }),
  /** Steps between evaluations on the validation set (default: one epoch). The end of a run is always evaluated. */
  evaluateEvery: option(
    positiveInteger,
    'evaluation interval',
    'steps between evaluations on the validation set',
    { defaultText: 'one epoch', placeholder: 'steps', example: 1 },
  ),
  /** Steps between `logged` events (default: a tenth of an epoch). */
  logEvery: option(positiveInteger, 'log interval', 'steps between logged training metrics', {
    defaultText: 'a tenth of an epoch',
    placeholder: 'steps',
    example: 2,
  }),
} as const satisfies OptionTable;

/**
 * Fields of the recipe that are stored as they are given. A row with a default or a `defaultText` always has a value in the
 * recipe; `train/setup.ts` computes those of `defaultText`.
 */
export const recipeFields = { ...lengthFields, ...batchFields } as const;

/** How a run is executed; it may differ when the run is resumed. */
export const runFields = {
  /** Last checkpoints to keep beside `last` and `best` in the run folder (default: 0). */
  keep: option(
    nonNegativeInteger,
    'checkpoints to keep',
    'keep the last N checkpoints as step-STEP.safetensors',
    { default: 0, example: 1, group: RUN, resume: 'changeable' },
  ),
  /** When the loss becomes NaN or infinite: fail with advice (`stop`, default), or `continue`; such a loss is never the best. */
  whenDiverged: option(
    choice(['stop', 'continue']),
    'action on divergence',
    'when the loss is NaN or infinite',
    { default: 'stop', placeholder: 'what', example: 'continue', group: RUN, resume: 'per process' },
  ),
} as const satisfies OptionTable;

/** Texts and numbers that stand for the initial network, the optimizer and the augmentation. */
const networkAndOptimizer = {
  input: option({ type: 'shape', axes: ['C', 'H', 'W'] }, 'input', 'input shape, such as 3,224,224', {
    defaultText: "the network's size, 3 channels unless all images are grayscale",
    example: '1,28,28',
    group: MODEL,
  }),
  init: option(
    text,
    'initial checkpoint',
    'start from these weights; the head is re-initialized for new classes',
    { group: MODEL },
  ),
  initWeights: option(choice(['ema', 'raw']), 'initial weights', 'weights of --init', {
    defaultText: 'ema, if the run has an EMA',
    placeholder: 'set',
    group: MODEL,
  }),
  freeze: option(text, 'frozen parts', 'freeze parameters by prefix: conv1,layer1, or all-but-head', {
    example: 'all-but-head',
    group: MODEL,
  }),
  optimizer: option(choice(optimizerNames), 'optimizer', 'optimizer', {
    default: 'sgd',
    placeholder: 'name',
    example: 'adam',
  }),
  momentum: option(nonNegative, 'momentum', 'momentum coefficient', {
    defaultText: describeSettingDefaults('momentum'),
    example: 0.5,
  }),
  weightDecay: option(
    nonNegative,
    'weight decay',
    'weight decay coefficient: L2 penalty or decoupled, by optimizer',
    {
      defaultText: describeSettingDefaults('weightDecay'),
      example: 0.1,
    },
  ),
  augment: option(text, 'augmentation', 'random transforms: NAME or NAME=AMOUNT,... as below', {
    defaultText: 'none',
    placeholder: 'list',
    example: 'horizontal-flip',
  }),
} as const satisfies OptionTable;

/** Texts and numbers that stand for the schedule of the learning rate. */
const scheduleOptions = {
  lr: option(nonNegative, 'learning rate', 'learning rate', {
    defaultText: describeLearningRates(),
    example: 0.05,
  }),
  schedule: option(text, 'schedule', 'learning rate schedule: NAME,SETTING=VALUE,... as below', {
    defaultText: 'constant',
    placeholder: 'name',
    example: 'cosine',
  }),
  warmup: option(text, 'warm-up', 'linear learning rate warm-up, such as 500steps or 2epochs', {
    defaultText: 'none',
    placeholder: 'time',
    example: '2steps',
  }),
} as const satisfies OptionTable;

/** When a run stops early: the options of `earlyStopping`. */
export const stoppingOptions = {
  /** Evaluations without improvement after which the run stops. */
  patience: option(positiveInteger, 'patience', 'stop early after N evaluations without improvement', {
    example: 1,
    resume: 'changeable',
  }),
} as const satisfies OptionTable;

/** How images are loaded, which does not change results. */
export const loadingOptions = {
  workers: option(
    { type: 'integer', min: 0, max: MAX_THREADS },
    'workers',
    'threads that load image files; results do not depend on it',
    { defaultText: 'cores - 1; 0 for data in memory', group: RUN, resume: 'per process' },
  ),
} as const satisfies OptionTable;

const cacheOption = {
  cache: option(nonNegativeInteger, 'image cache', 'cache of decoded training images, in MB', {
    default: 0,
    placeholder: 'megabytes',
    group: RUN,
    resume: 'per process',
  }),
} as const satisfies OptionTable;

const { ema, ...gradientOptions } = updateOptions;

/** What the learning-rate range test shares with training: all but the length, the schedule and the learning rate. */
export const networkOptions = {
  ...dataOptions,
  ...modelOptions,
  ...networkAndOptimizer,
  ...gradientOptions,
  ...batchFields,
} as const;

/** Every option of `fovea train` that decides what a run computes or how. */
export const trainingOptions = {
  ...dataOptions, // First in --help.
  ...lengthFields,
  ...scheduleOptions,
  ...stoppingOptions,
  ...networkOptions,
  ema,
  ...runFields,
  ...loadingOptions,
  ...cacheOption,
} as const;

/** The learning-rate range test. */
export const rateTestOptions = {
  /** First learning rate (default: 1e-6). */
  lowest: option(positive, 'lowest learning rate', 'lowest learning rate', { default: 1e-6 }),
  /** Last learning rate (default: 10). */
  highest: option(positive, 'highest learning rate', 'highest learning rate', { default: 10 }),
  /** Steps from the lowest to the highest rate (default: 100). */
  steps: option(
    { type: 'integer', min: 10, max: 1_000_000 },
    'steps',
    'steps from the lowest to the highest rate',
    { default: 100 },
  ),
} as const satisfies OptionTable;

export type TrainingOptionName = keyof typeof trainingOptions;
