// The area under the ROC curve of a binary classifier.

/**
 * Chance that an image of class 1 has a higher score than one of class 0, equal scores counting half (Mann & Whitney
 * 1947). NaN unless there are images of both classes.
 * @param labels 0 or 1
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[a]! - scores[b]!,
  );
  let rankSum = 0;
  let positives = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    if (end === start) return NaN; // A score that is not a number.
    const rank = (start + 1 + end) / 2;
    for (const i of order.subarray(start, end)) {
      if (labels[i] !== 1) continue;
      rankSum += rank;
      positives++;
    }
  }
  const negatives = scores.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
