// Experiments as data: a network trained with the same settings and several seeds, or a comparison of two experiments.
import type { DataSourceName } from '../data/sources.ts';
import type { ModelName } from '../models/index.ts';
import type { OptimizerName } from '../optim/optimizers.ts';

/** Options of `fovea train`; omitted ones have their defaults. */
export interface Setting {
  readonly model: ModelName;
  /** Options of the network as `key=value`. */
  readonly option?: readonly string[];
  readonly classes?: number;
  /** [channels, height, width] */
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
  /** Steps between evaluations on the validation set. */
  readonly evaluateEvery?: number;
}

/** A published result for the same setting. */
export interface PublishedResult {
  readonly accuracy?: number;
  readonly loss?: number;
  /** Number of test images, if known. */
  readonly count?: number;
  /** Source of setting and result, and its precision. */
  readonly source: string;
}

export interface Experiment {
  readonly title: string;
  readonly setting: Setting;
  /** Default number of seeds. */
  readonly seeds: number;
  readonly book: PublishedResult;
  /** Further details of the setting. */
  readonly note: string;
}

/** A paired comparison of two experiments that differ in one respect. */
export interface Comparison {
  readonly title: string;
  /** Names of experiments. */
  readonly first: string;
  readonly second: string;
  /** What the first experiment has and the second has not, such as `the residual connection`. */
  readonly subject: string;
  readonly seeds: number;
  /** The published advantage of the first: `accuracy` is a difference. */
  readonly book: PublishedResult;
  readonly note: string;
}
