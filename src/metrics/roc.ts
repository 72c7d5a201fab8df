// The ROC curve of a binary classifier, and the area under it with its confidence interval.
import { Z } from './interval.ts';

/** A point of the curve: every image whose score is at least the threshold is predicted positive. */
export interface RocPoint {
  /** Null if no image is predicted positive. */
  readonly threshold: number | null;
  /** Fraction of the negative images that are predicted positive: 1 - specificity. */
  readonly falsePositiveRate: number;
  /** Fraction of the positive images that are predicted positive: sensitivity. */
  readonly truePositiveRate: number;
}

/** Images with equal scores. */
interface Tie {
  readonly score: number;
  readonly negatives: number;
  readonly positives: number;
}

/**
 * Area under the ROC curve (AUC): the probability that an image of class 1 has a higher score than one of class 0, where
 * equal scores count half (Mann & Whitney 1947).
 * @param scores of class 1, `[N]`: probabilities or logits
 * @param labels 0 or 1, `[N]`
 * @returns 0 to 1; NaN unless there are images of both classes and no score is NaN
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let pairs = 0;
  let positivesAbove = 0;
  let negatives = 0;
  for (const tie of groupTies(scores, labels)) {
    pairs += tie.negatives * (positivesAbove + tie.positives / 2);
    positivesAbove += tie.positives;
    negatives += tie.negatives;
  }
  return pairs / (positivesAbove * negatives);
}

/**
 * The corners of the ROC curve from (0, 0) to (1, 1), between which it is straight.
 * @param scores of class 1, `[N]`: probabilities or logits
 * @param labels 0 or 1, `[N]`
 * @returns an empty list unless there are images of both classes and no score is NaN
 */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocPoint[] {
  const ties = groupTies(scores, labels);
  const positives = sum(ties, (tie) => tie.positives);
  const negatives = sum(ties, (tie) => tie.negatives);
  if (!(positives * negatives > 0)) return [];
  const points: RocPoint[] = [{ threshold: null, falsePositiveRate: 0, truePositiveRate: 0 }];
  let above = { negatives: 0, positives: 0 };
  for (const [i, tie] of ties.entries()) {
    above = { negatives: above.negatives + tie.negatives, positives: above.positives + tie.positives };
    if (isStraight(tie, ties[i + 1])) continue;
    points.push({
      threshold: tie.score,
      falsePositiveRate: above.negatives / negatives,
      truePositiveRate: above.positives / positives,
    });
  }
  return points;
}

/**
 * 95% confidence interval of the area under the ROC curve: all areas from which `area` is at most 1.96 standard errors away
 * (Newcombe 2006, method 5). The standard error is that of Hanley & McNeil 1982 for (positives + negatives) / 2 images of
 * each class. Like Wilson's interval it is reliable for few images and for areas near 1.
 * @param area as returned by `rocAuc`
 * @param positives number of images of class 1
 * @param negatives number of images of class 0
 * @returns [0, 1] unless there are images of both classes
 */
export function rocAucInterval(
  area: number,
  positives: number,
  negatives: number,
): [low: number, high: number] {
  if (!(area >= 0 && positives > 0 && negatives > 0)) return [0, 1];
  const excess = (positives + negatives) / 2 - 1;
  const isWithin = (other: number) => {
    const spread = 1 + (excess * (1 - other)) / (2 - other) + (excess * other) / (1 + other);
    const variance = (other * (1 - other) * spread) / (positives * negatives);
    return Math.abs(area - other) <= Z * Math.sqrt(variance);
  };
  return [furthest(area, 0, isWithin), furthest(area, 1, isWithin)];
}

/** The last value between `inside` and `end` that is within, by bisection. */
function furthest(inside: number, end: number, isWithin: (value: number) => boolean): number {
  let [near, far] = [inside, end];
  for (let i = 0; i < 60; i++) {
    const middle = (near + far) / 2;
    if (isWithin(middle)) near = middle;
    else far = middle;
  }
  return near;
}

/** Groups of equal scores, from the highest to the lowest. Empty if a score is NaN. */
function groupTies(scores: ArrayLike<number>, labels: ArrayLike<number>): Tie[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b] - scores[a],
  );
  const ties: Tie[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start]];
    while (end < order.length && scores[order[end]] === score) end++;
    if (end === start) return []; // NaN is not equal to itself.
    const positives = order.subarray(start, end).filter((i) => labels[i] === 1).length;
    ties.push({ score, positives, negatives: end - start - positives });
  }
  return ties;
}

/** Whether the curve continues in the same direction, so that this point is not a corner. */
function isStraight(previous: Tie, next: Tie | undefined): boolean {
  return next !== undefined && previous.positives * next.negatives === next.positives * previous.negatives;
}

function sum(ties: readonly Tie[], countOf: (tie: Tie) => number): number {
  return ties.reduce((total, tie) => total + countOf(tie), 0);
}
