// From scores `[N, K]` (logits or probabilities) to classes.
// Scores with one column are logits of the class with index 1; the other class has index 0.

/** Number of classes that `outputs` columns of scores tell apart. */
export function classCount(outputs: number): number {
  return outputs === 1 ? 2 : outputs;
}

/** Predicted for a row with a NaN score: it equals no label, so that it counts as wrong. */
export const NO_CLASS = -1;

/**
 * The class of each row: the highest score, the first one of equals; with one column, 1 where the logit is above 0.
 * `NO_CLASS` for a row with a NaN.
 */
export function predictedClasses(scores: Float32Array, outputs: number): Int32Array {
  const classes = new Int32Array(scores.length / outputs);
  return classes.map((_, row) => {
    const start = row * outputs;
    let best = 0;
    for (let k = 0; k < outputs; k++) {
      const score = scores[start + k];
      if (Number.isNaN(score)) return NO_CLASS;
      if (score > scores[start + best]) best = k;
    }
    return outputs === 1 && scores[start] > 0 ? 1 : best;
  });
}

/**
 * Rank of class `label` in one row of K > 1 scores: 0 if it is the highest. Of equal scores the first comes first. NaN if
 * any score is NaN: such a row has no order.
 */
export function labelRank(scores: ArrayLike<number>, label: number): number {
  const score = scores[label];
  let rank = 0;
  for (let k = 0; k < scores.length; k++) {
    if (Number.isNaN(scores[k])) return Number.NaN;
    if (scores[k] > score || (scores[k] === score && k < label)) rank++;
  }
  return rank;
}

/** Fraction of rows whose label is among the k highest scores, 0 to 1; a row with a NaN counts as wrong. NaN without rows. */
export function topKAccuracy(
  scores: Float32Array,
  outputs: number,
  labels: ArrayLike<number>,
  k: number,
): number {
  let correct = 0;
  for (let row = 0; row < labels.length; row++) {
    if (labelRank(scores.subarray(row * outputs, (row + 1) * outputs), labels[row]) < k) correct++;
  }
  return correct / labels.length;
}

/** How many predictions equal their label. */
export function countCorrect(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) correct++;
  return correct;
}

/** Share of predictions that equal their label, 0 to 1; NaN without any. */
export function accuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  return countCorrect(predicted, labels) / labels.length;
}
