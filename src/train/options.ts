// What a caller gives to `train` and `resumeTraining`. Fields that are numbers, choices or flags come from recipe/options.ts.
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { LoadingOptions } from '../data/loading/loader.ts';
import type { Augmentation } from '../data/transforms/augmentation.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import type { Engine } from '../engines/engine.ts';
import type { Loss, Model } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedule-settings.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import type { GivenFields, RunFields } from '../recipe/recipe.ts';
import type { StopSignal } from '../system/stop-signal.ts';
import type { Listener, TrainResult } from './events.ts';

/** Learning rate of a step; `step` counts the steps done before it: 0 for the first. */
export type RateFunction = (step: number) => number;

/** Options of new and resumed runs. */
export interface RunOptions extends LoadingOptions, RunFields {
  /** Default: the fastest that runs here; the run's own when it is resumed. */
  readonly engine?: Engine;
  /** Called with every event, in this order. */
  readonly listeners?: readonly Listener[];
  /** Aborting it finishes the current step, saves `last` and ends the run; `resumeTraining` continues from there. */
  readonly signal?: StopSignal;
  /**
   * Further facts to store in `config.json` under `caller`, such as how the data set was opened. Those of a resumed run
   * replace the earlier ones.
   */
  readonly caller?: Readonly<Record<string, unknown>>;
}

/**
 * Options of `train`. Every field is optional.
 * @example
 * const options: TrainOptions = { epochs: 10, optimizer: momentum(), learningRate: 0.05, out: 'runs/first' };
 */
export interface TrainOptions extends RunOptions, GivenFields {
  /** Default: SGD without momentum. */
  readonly optimizer?: Optimizer;
  /** Initial rate of the schedule (default: 0.01), or a function in place of a schedule, which is not stored. */
  readonly learningRate?: number | RateFunction;
  /** How the learning rate changes (default: constant). */
  readonly schedule?: Schedule;
  /** Weight decay, gradient clipping, gradient accumulation, EMA of the weights. */
  readonly update?: UpdateSettings;
  /**
   * Parts of the model to freeze, by prefixes of parameter names (`layer1`, `features.0`), or `['all-but-head']`. Frozen
   * parameters get no gradient; batch normalization that is entirely frozen uses its running statistics and keeps them. The
   * model's parameters are marked as such (`trainable`).
   */
  readonly freeze?: readonly string[];
  /** Default: softmax cross-entropy; sigmoid cross-entropy for a model with one output. */
  readonly loss?: Loss;
  /** Applied to every image (default: resize to the model's input, scale to -1..1). */
  readonly preprocessing?: Preprocessing;
  /** Applied to training images instead, with random transforms (default: the preprocessing). */
  readonly augmentation?: Augmentation;
  /** Initial values of parameters and buffers by name (default: the model's initialization). */
  readonly weights?: Checkpoint['weights'];
  /** Folder for checkpoints, configuration and events (default: none; nothing is written). */
  readonly out?: string;
  /** Replace a run in `out` (default: false). */
  readonly overwrite?: boolean;
}

/** Options of `resumeTraining`; all others are those of the run. */
export interface ResumeOptions extends RunOptions {
  /** Train to another number of epochs. */
  readonly epochs?: number;
  /** The model, if it is not a built-in one. */
  readonly model?: Model;
  /** The loss, if it is not a built-in one. */
  readonly loss?: Loss;
  /** The function of the learning rate, if the run had one. */
  readonly learningRate?: RateFunction;
  /** Continue although images have changed, and record it in the run (default: false). The classes must be the same. */
  readonly allowChangedData?: boolean;
}

/** Result of training. */
export interface Trained {
  readonly result: TrainResult;
  /** The best checkpoint, or the last one without validation images; for `evaluate` and `predict`. */
  readonly checkpoint: Checkpoint;
}
