// What a caller may choose about a training run.

import type { LoadingOptions } from '../data/loading/loader.ts';
import type { Augmentation } from '../data/transforms/augmentation.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import type { Engine } from '../engines/engine.ts';
import type { Loss, Model } from '../nn/index.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import type { StopSignal } from '../system/stop-signal.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Listener, TrainResult } from './events.ts';

/** Learning rate of a step; `step` is the number of steps done before it, 0 at the first. */
export type RateFunction = (step: number) => number;

/** What the caller supplies to a run whether it is new or resumed. */
export interface RunOptions extends LoadingOptions {
  /** The best one that runs here unless given; for a run that goes on, the one it was begun on. */
  readonly engine?: Engine;
  /** Hear every event, in this order. */
  readonly listeners?: readonly Listener[];
  /** Aborting it finishes the current step, saves `last` and ends the run; `resumeTraining` goes on from there. */
  readonly signal?: StopSignal;
  /** Checkpoints of the last so many validations that the run's folder keeps beside the last and the best; 0 unless given. */
  readonly keep?: number;
  /**
   * What happens when a loss is no number any more: the run fails, with advice, unless it is to `continue`. Such a loss
   * is then NaN in events (null in files), and never the best.
   */
  readonly whenDiverged?: 'stop' | 'continue';
  /**
   * Further facts to keep in `config.json` under `caller`, such as how the data set was opened; those of a resumed run replace
   * the earlier ones.
   */
  readonly caller?: Readonly<Record<string, unknown>>;
}

export interface TrainOptions extends RunOptions {
  /** Times that every training image is seen. */
  readonly epochs: number;
  /** Images per step; 64 unless given. */
  readonly batchSize?: number;
  /** Plain SGD unless given. */
  readonly optimizer?: Optimizer;
  /** Where the schedule starts from, 0.01 unless given; or a function, which takes the schedule's place and is not stored. */
  readonly learningRate?: number | RateFunction;
  /** How the learning rate changes; it stays as it is unless given. */
  readonly schedule?: Schedule;
  /** Weight decay, clipping, batches to an update, averages of weights. */
  readonly update?: UpdateSettings;
  /**
   * Parts of the model that stay as they are, by the beginnings of their parameters' names (`layer1`, `features.0`), or
   * `['all-but-head']`. They get no gradient, and batch normalisation that is frozen whole uses its running statistics and
   * keeps them. The model's parameters are marked so (`trainable`).
   */
  readonly freeze?: readonly string[];
  /** Softmax cross-entropy unless given, sigmoid cross-entropy for a model with one output. */
  readonly loss?: Loss;
  /** Seed of the starting weights, the order of the images, dropout and random transforms; 0 unless given. */
  readonly seed?: number;
  /** What is done to every image; resized to the model's input and scaled to -1 .. 1 unless given. */
  readonly preprocessing?: Preprocessing;
  /** What is done to training images instead, with random transforms; the same as to all others unless given. */
  readonly augmentation?: Augmentation;
  /** Starting values of parameters and buffers by name, instead of those the model's scheme draws. */
  readonly weights?: Checkpoint['weights'];
  /** Folder for checkpoints, configuration and events; nothing is written without one. */
  readonly out?: string;
  /** Whether a run that `out` holds already may be replaced. */
  readonly overwrite?: boolean;
  /** Steps from one validation to the next; an epoch's unless given. The end of the run is always validated. */
  readonly evaluateEvery?: number;
  /** Steps from one `logged` event to the next; about ten an epoch unless given. */
  readonly logEvery?: number;
  /** Whether the last images of an epoch are left out when they do not fill a batch; trained as a smaller batch unless given. */
  readonly dropLast?: boolean;
  /** Whether every class makes up the same share of an epoch, which stays as long: see `LoaderOptions.balance`. */
  readonly balance?: boolean;
}

export interface ResumeOptions extends RunOptions {
  /** Another number of epochs to end at, to train longer than planned. */
  readonly epochs?: number;
  /** The model, if it is not one of the zoo's. */
  readonly model?: Model;
  /** The loss, if it is not one with its usual settings. */
  readonly loss?: Loss;
  /** The function of the learning rate, if the run had one. */
  readonly learningRate?: RateFunction;
  /**
   * Whether images may have changed since the run began, which is then recorded in the run (default: false). Its classes must
   * be the same.
   */
  readonly allowChangedData?: boolean;
}

/** What training gives. */
export interface Trained {
  readonly result: TrainResult;
  /** The best checkpoint (the last one, if nothing was validated), ready for `evaluate` and `predict`. */
  readonly checkpoint: Checkpoint;
}
