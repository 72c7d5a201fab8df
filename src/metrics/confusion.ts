// The confusion matrix, and what follows from it for each class.
import { wilsonInterval } from './interval.ts';

/** A class among the predictions. A share whose denominator is 0 is 0. */
export interface ClassFigures {
  /** Of the images predicted as this class, the share that are. */
  readonly precision: number;
  /** Of the images of this class, the share that were predicted as it. */
  readonly recall: number;
  /** 95 % interval of the recall. */
  readonly recallInterval: readonly [low: number, high: number];
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** Images of this class. */
  readonly count: number;
}

/** Counts of (true class, predicted class). */
export class ConfusionMatrix {
  readonly classes: number;
  private readonly counts: Float64Array;

  constructor(classes: number) {
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  /** Adds one image for each label. */
  add(labels: ArrayLike<number>, predicted: ArrayLike<number>): void {
    for (let i = 0; i < labels.length; i++) this.counts[labels[i]! * this.classes + predicted[i]!]!++;
  }

  /** Row: true class; column: predicted class. */
  get rows(): number[][] {
    return Array.from({ length: this.classes }, (_, truth) => [
      ...this.counts.subarray(truth * this.classes, (truth + 1) * this.classes),
    ]);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  get correct(): number {
    return this.indices().reduce((sum, k) => sum + this.at(k, k), 0);
  }

  /** Figures of each class, in order. */
  perClass(): ClassFigures[] {
    return this.indices().map((k) => {
      const hits = this.at(k, k);
      const count = this.indices().reduce((sum, other) => sum + this.at(k, other), 0);
      const predicted = this.indices().reduce((sum, other) => sum + this.at(other, k), 0);
      return {
        precision: share(hits, predicted),
        recall: share(hits, count),
        recallInterval: wilsonInterval(hits, count),
        f1: share(2 * hits, count + predicted),
        count,
      };
    });
  }

  private at(truth: number, predicted: number): number {
    return this.counts[truth * this.classes + predicted]!;
  }

  private indices(): number[] {
    return Array.from({ length: this.classes }, (_, k) => k);
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
