// A running mean over batches.

/** Running mean of values that are added in groups, such as the loss over batches. */
export class Mean {
  private sum = 0;
  private total = 0;

  /** Number of values so far. */
  get count(): number {
    return this.total;
  }

  /** The mean; NaN before the first value. */
  get value(): number {
    return this.sum / this.total;
  }

  /** Adds `count` values whose mean is `mean`. */
  add(mean: number, count = 1): void {
    this.sum += mean * count;
    this.total += count;
  }
}
