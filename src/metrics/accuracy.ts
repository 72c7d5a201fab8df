// Predicted classes and accuracies from scores `[N, K]`: logits or probabilities.
// Scores with one column are logits of class 1 of a binary classifier.

/** Number of classes of a model with `outputs` outputs: 2 for a single output. */
export function classCount(outputs: number): number {
  return outputs === 1 ? 2 : outputs;
}

/** The prediction for a row with a NaN score. It equals no label, so it counts as incorrect. */
export const NO_CLASS = -1;

/**
 * The class with the highest score in each row, the first one of equal scores. With one output, class 1 if the logit is
 * above 0. `NO_CLASS` for rows with NaN.
 * @param scores `[N, outputs]`
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
 * Rank of class `label` among the scores of one image, `[K]` with K > 1: 0 for the highest score. The first of equal scores
 * ranks first. NaN if any score is NaN.
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

/**
 * Top-k accuracy: fraction of rows whose label has one of the k highest scores. Rows with NaN count as incorrect.
 * @param scores `[N, outputs]`
 * @param labels class indices, `[N]`
 * @returns 0 to 1; NaN without rows
 */
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

/** Number of predictions that equal their labels. */
export function countCorrect(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) correct++;
  return correct;
}

/** Fraction of predictions that equal their labels, 0 to 1; NaN without predictions. */
export function accuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  return countCorrect(predicted, labels) / labels.length;
}
