// Evaluation of a checkpoint on a data set.

import { checkArgument } from '../base/arguments.ts';
import { DataError } from '../base/errors.ts';
import { shortened } from '../base/shortened.ts';
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
import type { Checkpoint } from './checkpoint.ts';
import { FigureCounter, type ScoredBatch, scoreAll } from './evaluation.ts';
import type { Figures } from './events.ts';
import { checkFinite } from './finite.ts';
import { Session } from './session.ts';

export interface EvaluateOptions {
  /** The best one that runs here, unless given. */
  readonly engine?: Engine;
  /** Images at once; 64 unless given. */
  readonly batchSize?: number;
  /** Threads that read image files; one for each core but one unless given. */
  readonly workers?: number | undefined;
  /** Hears how many images are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

type Interval = readonly [low: number, high: number];

/** How well two classes are told apart, the one with index 1 being called positive. Intervals are those of 95 %. */
export interface BinaryFigures {
  /** Name of the positive class. */
  readonly positive: string;
  /** Fraction of the positive images that were found; null if there are none. */
  readonly sensitivity: number | null;
  readonly sensitivityInterval: Interval;
  /** Fraction of the negative images that were rejected; null if there are none. */
  readonly specificity: number | null;
  readonly specificityInterval: Interval;
  /** The ROC curve by its corners, with the area under it, where there are images of both classes. */
  readonly roc?: {
    readonly area: number;
    readonly interval: Interval;
    readonly points: readonly RocPoint[];
  };
}

/** How good the predictions are; the JSON of `fovea evaluate`. */
export interface EvaluationFigures extends Figures {
  /** Share of images whose label is among the k most probable classes; of k = 5 where there are more classes. */
  readonly topK: Readonly<Record<string, number>>;
  /** 95 % interval of each of them. */
  readonly topKInterval: Readonly<Record<string, Interval>>;
  /** Whether the probabilities mean what they say, in 15 bins. */
  readonly calibration: Calibration;
  /** Where there are two classes. */
  readonly binary?: BinaryFigures;
  /** Area under the ROC curve, where there are two classes with images. */
  readonly rocAuc?: number;
  /** Metrics of each class, in order; null where they are undefined, such as the recall of a class without images. */
  readonly perClass: readonly ({ readonly label: string } & ClassMetrics)[];
  /** Their means over the classes, without undefined ones. */
  readonly macro: MacroAverages;
  /** Number of images by true class (row) and predicted class (column). */
  readonly confusion: readonly (readonly number[])[];
}

/** What was predicted for one image of the data set. */
export interface SamplePrediction {
  readonly index: number;
  /** The true class, by its index in the checkpoint's classes. */
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class. */
  readonly probability: number;
  /** Of the true class. */
  readonly labelProbability: number;
}

export interface Evaluation {
  readonly figures: EvaluationFigures;
  /** One for each image, in the data set's order. */
  readonly predictions: readonly SamplePrediction[];
}

const TOP = 5;
const DEFAULT_BATCH_SIZE = 64;

/**
 * Predicts every image of a data set and compares with the labels. Classes are matched by name (see `matchClasses`); the
 * data set need not have all of them. The loss is the plain one of the checkpoint's kind, without label smoothing or class weights.
 * @throws DataError if the data set is empty, has a class that the checkpoint does not know, or holds an image that
 * cannot be read
 */
export async function evaluate(
  checkpoint: Checkpoint,
  dataset: Dataset,
  { engine, batchSize = DEFAULT_BATCH_SIZE, workers, onProgress }: EvaluateOptions = {},
): Promise<Evaluation> {
  checkArgument.checkpoint('evaluate(checkpoint, dataset, options?)', checkpoint);
  checkArgument.dataset('evaluate(checkpoint, dataset, options?)', dataset);
  checkArgument.engine('evaluate(checkpoint, dataset, options?)', engine);
  const classOf = matchClasses(checkpoint, dataset.classes);
  const mostImages = Math.min(batchSize, Math.max(1, dataset.length));
  const session = openSession(checkpoint, engine ?? (await openEngine()), mostImages);
  const collector = new Collector(checkpoint);
  try {
    for await (const batch of scoreAll(session, dataset, checkpoint.preprocessing, workers)) {
      const nameOf = (row: number) => dataset.describe(batch.indices[row]);
      for (const outputs of [batch.logits, batch.probabilities]) checkFinite(checkpoint, outputs, nameOf);
      const labels = batch.labels.data.map((label) => classOf[label]);
      await collector.add({ ...batch, labels: intTensor([labels.length], labels) });
      onProgress?.(collector.predictions.length, dataset.length);
    }
  } finally {
    session.dispose();
  }
  return { figures: collector.figures(), predictions: collector.predictions };
}

/** A session that predicts with a checkpoint's weights; dispose of it after use. */
export function openSession(
  { model, loss, weights }: Checkpoint,
  engine: Engine,
  batchSize: number,
): Session {
  const session = new Session({ engine, model, loss, batchSize });
  session.write(weights);
  return session;
}

/** Probabilities of all classes for row `row`: one for each, or 1 - p and p where the model has one output p. */
export function probabilitiesOf(
  { probabilities: { data, shape } }: Pick<ScoredBatch, 'probabilities'>,
  row: number,
) {
  const outputs = shape[1];
  if (outputs > 1) return data.subarray(row * outputs, (row + 1) * outputs);
  return Float32Array.of(1 - data[row], data[row]);
}

/** The model's own probability of the class with index 1, where there are two. */
function scoreOf(
  { probabilities: { data, shape } }: Pick<ScoredBatch, 'probabilities'>,
  row: number,
): number {
  const outputs = shape[1];
  return data[row * outputs + Math.min(1, outputs - 1)];
}

type Named = Pick<Checkpoint, 'classes' | 'training'>;

/** Whether a checkpoint has names of classes: imported weights whose names were not given have numbers in place of them. */
export function hasClassNames({ classes, training }: Named): boolean {
  return training !== undefined || classes.some((name, index) => name !== String(index));
}

/**
 * Index among the checkpoint's classes for each of the data set's, by name. Only where one of them has no names, by place.
 * @throws DataError if the data set has a class that the checkpoint does not know
 */
export function matchClasses(checkpoint: Named, present: readonly string[]): number[] {
  const { classes: known } = checkpoint;
  if (present.length === 0) return known.map((_, index) => index);
  const unknown = present.filter((name) => !known.includes(name));
  if (unknown.length === 0) return present.map((name) => known.indexOf(name));
  if (!hasClassNames(checkpoint) && known.length === present.length) return present.map((_, index) => index);
  throw new DataError(
    `the data set has the classes ${shortened(unknown, 10)}, which the checkpoint does not know; it knows ${shortened(known, 10)}. ` +
      'Evaluate on data of these classes, or give the checkpoint the names that the data set has.',
  );
}

/** Collects everything that `evaluate` gives. */
class Collector {
  readonly predictions: SamplePrediction[] = [];
  private readonly classes: readonly string[];
  private readonly counter: FigureCounter;
  private readonly confusion: ConfusionMatrix;
  private readonly calibration = new CalibrationCounter();
  /** Probability of the class with index 1 as the model gives it: taken from 1 - p, equal ones would differ by rounding. */
  private readonly scores: number[] = [];
  private inTop = 0;

  constructor({ model, classes, loss }: Checkpoint) {
    this.classes = classes;
    this.counter = new FigureCounter(plainLoss(loss));
    this.confusion = new ConfusionMatrix(classCount(model.classes));
  }

  async add(batch: ScoredBatch): Promise<void> {
    const { logits, labels, indices } = batch;
    const predicted = predictedClasses(logits.data, logits.shape[1]);
    await this.counter.add(logits, labels);
    this.confusion.add(labels.data, predicted);
    labels.data.forEach((label, row) => {
      const probabilities = probabilitiesOf(batch, row);
      this.scores.push(scoreOf(batch, row));
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

  figures(): EvaluationFigures {
    const { count } = this.counter.figures;
    const perClass = this.confusion
      .perClass()
      .map((figures, index) => ({ label: this.classes[index], ...figures }));
    const binary = perClass.length === 2 ? this.binaryFigures(perClass) : undefined;
    const hasTop = this.classes.length > TOP;
    return {
      ...this.counter.figures,
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

  private binaryFigures([negative, positive]: EvaluationFigures['perClass']): BinaryFigures {
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
