// Whether probabilities mean what they say: of the images predicted with 80 % confidence, 80 % should be right.

/** Predictions of about the same confidence. */
export interface ReliabilityBin {
  /** Confidences above `low`, and up to `high`. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean probability of the predicted classes; 0 without any. */
  readonly confidence: number;
  /** Share that is right; 0 without any. */
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error: mean of |accuracy - confidence| over the bins, each counting by its images. */
  readonly error: number;
  /** Of equal width, from 0 to 1. */
  readonly bins: readonly ReliabilityBin[];
}

const BINS = 15;

/** Counts predictions into 15 bins by their confidence (Guo et al. 2017, On Calibration of Modern Neural Networks). */
export class CalibrationCounter {
  private readonly counts = new Float64Array(BINS);
  private readonly correct = new Float64Array(BINS);
  private readonly confidences = new Float64Array(BINS);
  private isBroken = false;

  /** @param confidence probability of the class that was predicted; one that is not finite makes the error NaN */
  add(confidence: number, isCorrect: boolean): void {
    if (!Number.isFinite(confidence)) {
      this.isBroken = true;
      return;
    }
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    this.counts[bin]++;
    this.confidences[bin] += confidence;
    if (isCorrect) this.correct[bin]++;
  }

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
    return { error: this.isBroken ? NaN : gaps / total, bins };
  }
}
