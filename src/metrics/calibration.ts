// Calibration: of the images predicted with a confidence of 0.8, a fraction of 0.8 should be classified correctly.

/** Predictions with similar confidence. */
export interface ReliabilityBin {
  /** Lower bound of the confidence, exclusive. */
  readonly low: number;
  /** Upper bound of the confidence, inclusive. */
  readonly high: number;
  /** Number of predictions. */
  readonly count: number;
  /** Mean probability of the predicted classes; 0 for an empty bin. */
  readonly confidence: number;
  /** Fraction of correct predictions; 0 for an empty bin. */
  readonly accuracy: number;
}

/** Reliability diagram and calibration error of a classifier. */
export interface Calibration {
  /** Expected calibration error (ECE): mean of |accuracy - confidence| over the bins, weighted by their counts. */
  readonly error: number;
  /** 15 bins of equal width from 0 to 1. */
  readonly bins: readonly ReliabilityBin[];
}

const BINS = 15;

/**
 * Accumulates predictions in 15 bins by confidence.
 * Guo et al., "On calibration of modern neural networks", ICML 2017.
 */
export class CalibrationCounter {
  private readonly counts = new Float64Array(BINS);
  private readonly correct = new Float64Array(BINS);
  private readonly confidences = new Float64Array(BINS);
  private hasNonFinite = false;

  /** Adds a prediction. @param confidence probability of the predicted class; if it is not finite, the error becomes NaN */
  add(confidence: number, isCorrect: boolean): void {
    if (!Number.isFinite(confidence)) {
      this.hasNonFinite = true;
      return;
    }
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    this.counts[bin]++;
    this.confidences[bin] += confidence;
    if (isCorrect) this.correct[bin]++;
  }

  /** The result so far. */
  get calibration(): Calibration {
    const bins = Array.from(this.counts, (count, i) => ({
      low: i / BINS,
      high: (i + 1) / BINS,
      count,
      confidence: count === 0 ? 0 : this.confidences[i] / count,
      accuracy: count === 0 ? 0 : this.correct[i] / count,
    }));
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    const gaps = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0);
    return { error: this.hasNonFinite ? NaN : gaps / total, bins };
  }
}
