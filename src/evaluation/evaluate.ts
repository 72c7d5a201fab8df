// Evaluation of a checkpoint on a data set.

import { checkArgument } from '../base/arguments.ts';
import { DataError } from '../base/errors.ts';
import {
  checkOptions,
  type OptionTable,
  option,
  type PickedOf,
  positiveInteger,
  withDefaults,
} from '../base/option.ts';
import { formatList } from '../base/text.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import {
  type Calibration,
  CalibrationCounter,
  type ClassMetrics,
  ConfusionMatrix,
  classCount,
  labelRank,
  type MacroAverages,
  macroAverages,
  predictedClasses,
  type RocPoint,
  rocAuc,
  rocAucInterval,
  rocCurve,
  wilsonInterval,
} from '../metrics/index.ts';
import { plainLoss } from '../nn/index.ts';
import { intTensor } from '../tensor/tensor.ts';
import { checkFinite } from './finite-outputs.ts';
import type { Metrics } from './pass.ts';
import { MetricCounter, type PredictedBatch, predictAll } from './pass.ts';
import { openPredictor, probabilitiesOf } from './predictor.ts';

export const evaluateOptions = {
  /** Images per call of the network (default: 64). */
  batchSize: option(positiveInteger, 'batch size', 'images per call of the network', { default: 64 }),
} as const satisfies OptionTable;

/** Options of `evaluate`. */
export interface EvaluateOptions extends PickedOf<typeof evaluateOptions> {
  /** Default: the fastest that runs here. */
  readonly engine?: Engine;
  /** Threads that load image files (default: cores - 1). */
  readonly workers?: number | undefined;
  /** Called after each batch. */
  readonly onProgress?: (done: number, total: number) => void;
}

type Interval = readonly [low: number, high: number];

/** Metrics for two classes; the class with index 1 is the positive one. Intervals are 95% confidence intervals. */
export interface BinaryMetrics {
  /** Name of the positive class. */
  readonly positive: string;
  /** Fraction of the positive images that were classified as positive (recall); null without positive images. */
  readonly sensitivity: number | null;
  readonly sensitivityInterval: Interval;
  /** Fraction of the negative images that were classified as negative; null without negative images. */
  readonly specificity: number | null;
  readonly specificityInterval: Interval;
  /** The corners of the ROC curve, and the area under it; none unless there are images of both classes. */
  readonly roc?: {
    readonly area: number;
    readonly interval: Interval;
    readonly points: readonly RocPoint[];
  };
}

/** Metrics of an evaluation; the JSON of `fovea evaluate`. */
export interface EvaluationMetrics extends Metrics {
  /** Top-k accuracy for k = 5; empty for five classes or fewer. */
  readonly topK: Readonly<Record<string, number>>;
  /** 95% confidence interval of each top-k accuracy. */
  readonly topKInterval: Readonly<Record<string, Interval>>;
  /** Calibration of the probabilities, in 15 bins. */
  readonly calibration: Calibration;
  /** For two classes. */
  readonly binary?: BinaryMetrics;
  /** Area under the ROC curve, for two classes with images. */
  readonly rocAuc?: number;
  /** Metrics of each class, in order; null where they are undefined, such as the recall of a class without images. */
  readonly perClass: readonly ({ readonly label: string } & ClassMetrics)[];
  /** Macro averages: means over the classes for which the metric is defined. */
  readonly macro: MacroAverages;
  /** Number of images by true class (row) and predicted class (column). */
  readonly confusion: readonly (readonly number[])[];
}

/** Prediction for one image of the data set. */
export interface SamplePrediction {
  readonly index: number;
  /** Index of the actual class among the checkpoint's classes. */
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class. */
  readonly probability: number;
  /** Of the actual class. */
  readonly labelProbability: number;
}

/** Result of `evaluate`. */
export interface Evaluation {
  /** Metrics over the whole data set. */
  readonly metrics: EvaluationMetrics;
  /** One per image, in the data set's order. */
  readonly predictions: readonly SamplePrediction[];
}

const TOP = 5;

/**
 * Evaluates a checkpoint on a data set. Classes are matched by name; the data set need not have all of them. The loss has
 * neither label smoothing nor class weights.
 * @throws DataError if the data set is empty, has a class that the checkpoint does not know, or holds an image that
 * cannot be read
 */
export async function evaluate(
  checkpoint: Checkpoint,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkArgument.checkpoint('evaluate(checkpoint, dataset, options?)', checkpoint);
  checkArgument.dataset('evaluate(checkpoint, dataset, options?)', dataset);
  checkArgument.engine('evaluate(checkpoint, dataset, options?)', options.engine);
  checkOptions(evaluateOptions, { ...options });
  const { engine, batchSize, workers, onProgress } = withDefaults(evaluateOptions, options);
  const classOf = matchClasses(checkpoint, dataset.classes);
  const maxImages = Math.min(batchSize, Math.max(1, dataset.length));
  const predictor = openPredictor(checkpoint, engine ?? (await openEngine()), maxImages);
  const collector = new Collector(checkpoint);
  try {
    for await (const batch of predictAll(predictor, dataset, checkpoint.preprocessing, workers)) {
      const nameOf = (row: number) => dataset.describe(batch.indices[row]);
      for (const outputs of [batch.logits, batch.probabilities]) checkFinite(checkpoint, outputs, nameOf);
      const labels = batch.labels.data.map((label) => classOf[label]);
      await collector.add({ ...batch, labels: intTensor([labels.length], labels) });
      onProgress?.(collector.predictions.length, dataset.length);
    }
  } finally {
    predictor.dispose();
  }
  return { metrics: collector.metrics(), predictions: collector.predictions };
}

/** Probability of the class with index 1, for two classes, as the model gives it. */
function positiveProbability(
  { probabilities: { data, shape } }: Pick<PredictedBatch, 'probabilities'>,
  row: number,
): number {
  const outputs = shape[1];
  return data[row * outputs + Math.min(1, outputs - 1)];
}

type Named = Pick<Checkpoint, 'classes' | 'training'>;

/** Whether a checkpoint has class names; imported weights have numbers unless names were given. */
export function hasClassNames({ classes, training }: Named): boolean {
  return training !== undefined || classes.some((name, index) => name !== String(index));
}

/**
 * For each class of the data set its index among the checkpoint's classes, by name; by position if one of them has no names.
 * @throws DataError if the data set has a class that the checkpoint does not know
 */
export function matchClasses(checkpoint: Named, present: readonly string[]): number[] {
  const { classes: known } = checkpoint;
  if (present.length === 0) return known.map((_, index) => index);
  const unknown = present.filter((name) => !known.includes(name));
  if (unknown.length === 0) return present.map((name) => known.indexOf(name));
  if (!hasClassNames(checkpoint) && known.length === present.length) return present.map((_, index) => index);
  throw new DataError(
    `the data set has the classes ${formatList(unknown, 10)}, which the checkpoint does not know; it knows ${formatList(known, 10)}. ` +
      'Evaluate on data of these classes, or rename the classes of the checkpoint.',
  );
}

/** Accumulates predictions and metrics. */
class Collector {
  readonly predictions: SamplePrediction[] = [];
  private readonly classes: readonly string[];
  private readonly counter: MetricCounter;
  private readonly confusion: ConfusionMatrix;
  private readonly calibration = new CalibrationCounter();
  /** Probability of the class with index 1 as the model gives it: computed as 1 - p, equal ones would differ by rounding. */
  private readonly scores: number[] = [];
  private inTop = 0;

  constructor({ model, classes, loss }: Checkpoint) {
    this.classes = classes;
    this.counter = new MetricCounter(plainLoss(loss));
    this.confusion = new ConfusionMatrix(classCount(model.classes));
  }

  async add(batch: PredictedBatch): Promise<void> {
    const { logits, labels, indices } = batch;
    const predicted = predictedClasses(logits.data, logits.shape[1]);
    await this.counter.add(logits, labels);
    this.confusion.add(labels.data, predicted);
    labels.data.forEach((label, row) => {
      const probabilities = probabilitiesOf(batch, row);
      this.scores.push(positiveProbability(batch, row));
      if (labelRank(probabilities, label) < TOP) this.inTop++;
      const probability = probabilities[predicted[row]];
      this.calibration.add(probability, predicted[row] === label);
      this.predictions.push({
        index: indices[row],
        label,
        predicted: predicted[row],
        probability,
        labelProbability: probabilities[label],
      });
    });
  }

  metrics(): EvaluationMetrics {
    const { count } = this.counter.metrics;
    const perClass = this.confusion
      .perClass()
      .map((metrics, index) => ({ label: this.classes[index], ...metrics }));
    const binary = perClass.length === 2 ? this.binaryMetrics(perClass) : undefined;
    const hasTop = this.classes.length > TOP;
    return {
      ...this.counter.metrics,
      topK: hasTop ? { [TOP]: this.inTop / count } : {},
      topKInterval: hasTop ? { [TOP]: wilsonInterval(this.inTop, count) } : {},
      ...(binary?.roc && { rocAuc: binary.roc.area }),
      ...(binary && { binary }),
      calibration: this.calibration.calibration,
      perClass,
      macro: macroAverages(perClass),
      confusion: this.confusion.rows,
    };
  }

  private binaryMetrics([negative, positive]: EvaluationMetrics['perClass']): BinaryMetrics {
    const { scores } = this;
    const labels = this.predictions.map(({ label }) => label);
    const area = rocAuc(scores, labels);
    const interval = rocAucInterval(area, positive.count, negative.count);
    return {
      positive: positive.label,
      sensitivity: positive.recall,
      sensitivityInterval: positive.recallInterval,
      specificity: negative.recall,
      specificityInterval: negative.recallInterval,
      ...(Number.isFinite(area) && { roc: { area, interval, points: rocCurve(scores, labels) } }),
    };
  }
}
