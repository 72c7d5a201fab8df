// The ROC curve of a binary classifier, and the area under it with its interval.
import { Z } from './interval.ts';

/** A place on the curve: what comes of calling every image positive whose score is at least the threshold. */
export interface RocPoint {
  /** null where no image is called positive. */
  readonly threshold: number | null;
  /** Share of the negative images that are called positive: 1 - specificity. */
  readonly falsePositiveRate: number;
  /** Share of the positive images that are called positive: sensitivity. */
  readonly truePositiveRate: number;
}

/** Images whose score is one and the same. */
interface Tie {
  readonly score: number;
  readonly negatives: number;
  readonly positives: number;
}

/**
 * Chance that an image of class 1 has a higher score than one of class 0, equal scores counting half (Mann & Whitney
 * 1947). NaN unless there are images of both classes and every score is a number.
 * @param labels 0 or 1
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
 * The corners of the ROC curve from (0, 0) to (1, 1); between two of them it is straight. None unless there are images of
 * both classes and every score is a number.
 * @param labels 0 or 1
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
    if (goesOn(tie, ties[i + 1])) continue;
    points.push({
      threshold: tie.score,
      falsePositiveRate: above.negatives / negatives,
      truePositiveRate: above.positives / positives,
    });
  }
  return points;
}

/**
 * 95 % interval of the area under the ROC curve: the areas whose standard error, by Hanley & McNeil 1982 for
 * (positives + negatives) / 2 images of each class, puts `area` no further than 1.96 of them away (Newcombe 2006, method
 * 5). Like Wilson's interval it holds for few images and for areas near 1. [0, 1] without images of both classes.
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

/** Between `inside`, which is within, and `end`: the last place that is, by bisection. */
function furthest(inside: number, end: number, isWithin: (place: number) => boolean): number {
  let [near, far] = [inside, end];
  for (let i = 0; i < 60; i++) {
    const middle = (near + far) / 2;
    if (isWithin(middle)) near = middle;
    else far = middle;
  }
  return near;
}

/** By score from the highest to the lowest. None if a score is not a number. */
function groupTies(scores: ArrayLike<number>, labels: ArrayLike<number>): Tie[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b] - scores[a],
  );
  const ties: Tie[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start]];
    while (end < order.length && scores[order[end]] === score) end++;
    if (end === start) return []; // A score that is not a number is not equal to itself.
    const positives = order.subarray(start, end).filter((i) => labels[i] === 1).length;
    ties.push({ score, positives, negatives: end - start - positives });
  }
  return ties;
}

/** Whether the curve leaves a corner in the direction in which it came. */
function goesOn(came: Tie, next: Tie | undefined): boolean {
  return next !== undefined && came.positives * next.negatives === next.positives * came.negatives;
}

function sum(ties: readonly Tie[], countOf: (tie: Tie) => number): number {
  return ties.reduce((total, tie) => total + countOf(tie), 0);
}
