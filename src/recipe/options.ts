// The options of training, one row each. The command line, its help and checks, the fields of `TrainOptions`, the recipe in
// config.json and checkpoints, and what a resumed run accepts are derived from these tables.
import type { OptionTable } from '../base/option.ts';
import { updateOptions } from '../optim/update-settings.ts';
import { MOST_THREADS } from '../system/threads.ts';
import { dataOptions } from './data-options.ts';
import { describeLearningRates, optimizerNames } from './optimizer-defaults.ts';

/** A network has more weights than a machine has memory beyond it. */
const MAX_CLASSES = 1e9;

/** Which network. */
export const modelOptions = {
  classes: {
    label: 'classes',
    kind: { type: 'integer', min: 1, max: MAX_CLASSES },
    help: 'number of outputs',
    placeholder: 'count',
    group: 'Model options:',
  },
  option: {
    label: 'network options',
    kind: { type: 'texts' },
    help: 'network option, such as init=xavier; repeat for more',
    placeholder: 'key=value',
    group: 'Model options:',
  },
} as const satisfies OptionTable;

/** How batches are made. */
const batchFields = {
  /** Images per step (default: 64). */
  batchSize: {
    label: 'batch size',
    kind: { type: 'integer', min: 1 },
    help: 'images per step',
    default: 64,
    placeholder: 'count',
    example: 16,
  },
  /** Seed of the initial weights, the order of the images, dropout and augmentation (default: 0). */
  seed: {
    label: 'seed',
    kind: { type: 'integer', min: 0 },
    help: 'seed of weights, image order, dropout and augmentation',
    default: 0,
    placeholder: 'number',
    example: 1,
  },
  /** Drop the last batch of an epoch if it is smaller (default: false). */
  dropLast: {
    label: 'drop last batch',
    kind: { type: 'flag' },
    help: 'drop the last batch of an epoch if it is smaller',
    default: false,
    example: true,
  },
  /** Class-balanced sampling (default: false). The length of an epoch stays the same: see `LoaderOptions.balance`. */
  balance: {
    label: 'balance classes',
    kind: { type: 'flag' },
    help: 'class-balanced sampling; the length of an epoch stays the same',
    example: true,
  },
} as const satisfies OptionTable;

/** How long a run trains, and when it is evaluated and logged. */
const lengthFields = {
  /** Passes over the training images. */
  epochs: {
    label: 'epochs',
    kind: { type: 'integer', min: 1 },
    help: 'passes over the training images',
    default: 5,
    placeholder: 'count',
    example: 2,
    resume: 'changeable',
  },
  /** Steps between evaluations on the validation set (default: one epoch). The end of a run is always evaluated. */
  evaluateEvery: {
    label: 'evaluation interval',
    kind: { type: 'integer', min: 1 },
    help: 'steps between evaluations on the validation set',
    defaultText: 'one epoch',
    placeholder: 'steps',
    example: 1,
  },
  /** Steps between `logged` events (default: a tenth of an epoch). */
  logEvery: {
    label: 'log interval',
    kind: { type: 'integer', min: 1 },
    help: 'steps between logged training metrics',
    defaultText: 'a tenth of an epoch',
    placeholder: 'steps',
    example: 2,
  },
} as const satisfies OptionTable;

/**
 * Fields of the recipe that are stored as they are given. A row with a default or a `defaultText` always has a value in the
 * recipe; `train/setup.ts` computes those of `defaultText`.
 */
export const recipeFields = { ...lengthFields, ...batchFields } as const;

/** How a run is executed; it may differ when the run is resumed. */
export const runFields = {
  /** Last checkpoints to keep beside `last` and `best` in the run folder (default: 0). */
  keep: {
    label: 'checkpoints to keep',
    kind: { type: 'integer', min: 0 },
    help: 'keep the last N checkpoints as step-STEP.safetensors',
    default: 0,
    placeholder: 'count',
    example: 1,
    group: 'Run options:',
    resume: 'changeable',
  },
  /** When the loss becomes NaN or infinite: fail with advice (`stop`, default), or `continue`; such a loss is never the best. */
  whenDiverged: {
    label: 'action on divergence',
    kind: { type: 'choice', choices: ['stop', 'continue'] },
    help: 'when the loss is NaN or infinite',
    default: 'stop',
    placeholder: 'what',
    example: 'continue',
    group: 'Run options:',
    resume: 'per process',
  },
} as const satisfies OptionTable;

/** Texts and numbers that stand for the initial network, the optimizer and the augmentation. */
const networkAndOptimizer = {
  input: {
    label: 'input',
    kind: { type: 'shape', axes: ['C', 'H', 'W'] },
    help: 'input shape, such as 3,224,224',
    defaultText: "the network's size, 3 channels unless all images are grayscale",
    placeholder: 'C,H,W',
    example: '1,28,28',
    group: 'Model options:',
  },
  init: {
    label: 'initial checkpoint',
    kind: { type: 'text' },
    help: 'start from these weights; the head is re-initialized for new classes',
    placeholder: 'checkpoint',
    group: 'Model options:',
  },
  initWeights: {
    label: 'initial weights',
    kind: { type: 'choice', choices: ['ema', 'raw'] },
    help: 'weights of --init',
    defaultText: 'ema, if the run has an EMA',
    placeholder: 'set',
    group: 'Model options:',
  },
  freeze: {
    label: 'frozen parts',
    kind: { type: 'text' },
    help: 'freeze parameters by prefix: conv1,layer1, or all-but-head',
    placeholder: 'parts',
    example: 'all-but-head',
    group: 'Model options:',
  },
  optimizer: {
    label: 'optimizer',
    kind: { type: 'choice', choices: optimizerNames },
    help: 'optimizer',
    default: 'sgd',
    placeholder: 'name',
    example: 'adam',
  },
  momentum: {
    label: 'momentum',
    kind: { type: 'number', min: 0 },
    help: 'momentum coefficient',
    defaultText: '0.9; none for sgd',
    placeholder: 'coefficient',
    example: 0.5,
  },
  weightDecay: {
    label: 'weight decay',
    kind: { type: 'number', min: 0 },
    help: 'weight decay (L2 penalty)',
    defaultText: '0; 0.01 for adamw',
    placeholder: 'coefficient',
    example: 0.1,
  },
  augment: {
    label: 'augmentation',
    kind: { type: 'text' },
    help: 'random transforms: NAME or NAME=AMOUNT,... as below',
    defaultText: 'none',
    placeholder: 'list',
    example: 'horizontal-flip',
  },
} as const satisfies OptionTable;

/** Texts and numbers that stand for the schedule of the learning rate and early stopping. */
const scheduleOptions = {
  lr: {
    label: 'learning rate',
    kind: { type: 'number', min: 0 },
    help: 'learning rate',
    defaultText: describeLearningRates(),
    placeholder: 'rate',
    example: 0.05,
  },
  schedule: {
    label: 'schedule',
    kind: { type: 'text' },
    help: 'learning rate schedule: NAME,SETTING=VALUE,... as below',
    defaultText: 'constant',
    placeholder: 'name',
    example: 'cosine',
  },
  warmup: {
    label: 'warm-up',
    kind: { type: 'text' },
    help: 'linear learning rate warm-up, such as 500steps or 2epochs',
    defaultText: 'none',
    placeholder: 'time',
    example: '2steps',
  },
  patience: {
    label: 'patience',
    kind: { type: 'integer', min: 1 },
    help: 'stop early after N evaluations without improvement',
    placeholder: 'count',
    example: 1,
    resume: 'changeable',
  },
} as const satisfies OptionTable;

/** How images are loaded, which does not change results. */
export const loadingOptions = {
  workers: {
    label: 'workers',
    kind: { type: 'integer', min: 0, max: MOST_THREADS },
    help: 'threads that load image files; results do not depend on it',
    defaultText: 'cores - 1; 0 for data in memory',
    placeholder: 'count',
    group: 'Run options:',
    resume: 'per process',
  },
} as const satisfies OptionTable;

const cacheOption = {
  cache: {
    label: 'image cache',
    kind: { type: 'integer', min: 0 },
    help: 'cache of decoded training images, in MB',
    default: 0,
    placeholder: 'megabytes',
    group: 'Run options:',
    resume: 'per process',
  },
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
  ...networkOptions,
  ...lengthFields,
  ...scheduleOptions,
  ema,
  ...runFields,
  ...loadingOptions,
  ...cacheOption,
} as const;

/** The learning-rate range test. */
export const rateTestOptions = {
  /** First learning rate (default: 1e-6). */
  lowest: {
    label: 'lowest learning rate',
    kind: { type: 'number', above: 0 },
    help: 'lowest learning rate',
    default: 1e-6,
    placeholder: 'rate',
  },
  /** Last learning rate (default: 10). */
  highest: {
    label: 'highest learning rate',
    kind: { type: 'number', above: 0 },
    help: 'highest learning rate',
    default: 10,
    placeholder: 'rate',
  },
  /** Steps from the lowest to the highest rate (default: 100). */
  steps: {
    label: 'steps',
    kind: { type: 'integer', min: 10, max: 1_000_000 },
    help: 'steps from the lowest to the highest rate',
    default: 100,
    placeholder: 'count',
  },
} as const satisfies OptionTable;

export type TrainingOptionName = keyof typeof trainingOptions;
