// What an experiment is: one network trained in one way on one data set, again and again; or two of them compared.
import type { DataSourceName } from '../data/sources.ts';
import type { ModelName } from '../models/index.ts';
import type { OptimizerName } from '../optim/optimizers.ts';

/** How a network is trained, in the words of `fovea train`; what is left out is as that leaves it. */
export interface Setting {
  readonly model: ModelName;
  /** Options of the network as `key=value`. */
  readonly option?: readonly string[];
  readonly classes?: number;
  /** Channels, height and width. */
  readonly input?: readonly [number, number, number];
  readonly data: DataSourceName;
  readonly subset?: string;
  readonly augment?: string;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly schedule?: string;
  readonly warmup?: string;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly decay?: 'all' | 'weights';
  readonly ema?: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Steps from one validation to the next. */
  readonly evaluateEvery?: number;
}

/** What others measured with the same setting. */
export interface PublishedResult {
  readonly accuracy?: number;
  readonly loss?: number;
  /** Images of the accuracy, where that is known. */
  readonly count?: number;
  /** Where setting and figures come from, and how exact they are. */
  readonly source: string;
}

export interface Experiment {
  readonly title: string;
  readonly setting: Setting;
  /** Seeds unless another number is asked for. */
  readonly seeds: number;
  readonly book: PublishedResult;
  /** What else there is to know of the setting. */
  readonly note: string;
}

/** Of two experiments, seed by seed: what the first has and the second has not. */
export interface Comparison {
  readonly title: string;
  /** Names of experiments. */
  readonly first: string;
  readonly second: string;
  /** What makes the difference, such as `the residual connection`. */
  readonly subject: string;
  readonly seeds: number;
  /** What the first is ahead by: the accuracy is a difference of two. */
  readonly book: PublishedResult;
  readonly note: string;
}
