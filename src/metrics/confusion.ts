// The confusion matrix, and the metrics of each class.
import { UsageError } from '../base/errors.ts';
import { wilsonInterval } from './interval.ts';

/** Metrics of one class; null where they are undefined. */
export interface ClassMetrics {
  /** Of the images predicted as this class, the fraction that belong to it; null if none were. */
  readonly precision: number | null;
  /** Of the images of this class, the fraction that were predicted as it; null if there are none. */
  readonly recall: number | null;
  /** 95% confidence interval of the recall (Wilson); [0, 1] if there are no images of this class. */
  readonly recallInterval: readonly [low: number, high: number];
  /** 2 TP / (2 TP + FP + FN), the harmonic mean of the two; null if there are no images of this class. */
  readonly f1: number | null;
  /** Images of this class. */
  readonly count: number;
}

/** Unweighted mean of a metric over the classes where it is defined; null if there are none. */
export interface MacroMetric {
  /** The mean, or null. */
  readonly value: number | null;
  /** Number of classes in the mean. */
  readonly classes: number;
}

/** Macro averages: every class has the same weight, whatever its number of images. */
export interface MacroAverages {
  /** Macro-averaged precision. */
  readonly precision: MacroMetric;
  /** Macro-averaged recall. */
  readonly recall: MacroMetric;
  /** Macro-averaged F1 score. */
  readonly f1: MacroMetric;
}

/** Averages metrics over classes. A class for which a metric is undefined does not count in its mean. */
export function macroAverages(
  perClass: readonly Pick<ClassMetrics, 'precision' | 'recall' | 'f1'>[],
): MacroAverages {
  const over = (metric: 'precision' | 'recall' | 'f1'): MacroMetric => {
    const values = perClass.map((metrics) => metrics[metric]).filter((value) => value !== null);
    const sum = values.reduce((total, value) => total + value, 0);
    return { value: values.length === 0 ? null : sum / values.length, classes: values.length };
  };
  return { precision: over('precision'), recall: over('recall'), f1: over('f1') };
}

/**
 * Counts images by actual and predicted class.
 * @example
 * const matrix = new ConfusionMatrix(3);
 * matrix.add([0, 1, 2], [0, 2, 2]);
 * matrix.rows; // [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
 */
export class ConfusionMatrix {
  /** Number of classes. */
  readonly classes: number;
  private readonly counts: Float64Array;

  constructor(classes: number) {
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  /**
   * Adds images.
   * @param labels indices of the actual classes, `[N]`
   * @param predicted indices of the predicted classes, `[N]`
   * @throws UsageError if an index is not that of a class; NO_CLASS is not
   */
  add(labels: ArrayLike<number>, predicted: ArrayLike<number>): void {
    for (let i = 0; i < labels.length; i++) {
      this.check('label', labels[i]);
      this.check('predicted class', predicted[i]);
      this.counts[labels[i] * this.classes + predicted[i]]++;
    }
  }

  /** Counts by actual class (row) and predicted class (column). */
  get rows(): number[][] {
    return Array.from({ length: this.classes }, (_, truth) => [
      ...this.counts.subarray(truth * this.classes, (truth + 1) * this.classes),
    ]);
  }

  /** Number of images. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Number of correctly classified images. */
  get correct(): number {
    return this.indices().reduce((sum, k) => sum + this.at(k, k), 0);
  }

  /** Metrics of each class, by index. */
  perClass(): ClassMetrics[] {
    return this.indices().map((k) => {
      const correct = this.at(k, k);
      const count = this.indices().reduce((sum, other) => sum + this.at(k, other), 0);
      const predicted = this.indices().reduce((sum, other) => sum + this.at(other, k), 0);
      return {
        precision: fraction(correct, predicted),
        recall: fraction(correct, count),
        recallInterval: wilsonInterval(correct, count),
        f1: count === 0 ? null : (2 * correct) / (count + predicted),
        count,
      };
    });
  }

  private check(what: string, index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.classes) return;
    throw new UsageError(`${what} must be an index from 0 to ${this.classes - 1}, got ${index}.`);
  }

  private at(truth: number, predicted: number): number {
    return this.counts[truth * this.classes + predicted];
  }

  private indices(): number[] {
    return Array.from({ length: this.classes }, (_, k) => k);
  }
}

function fraction(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
