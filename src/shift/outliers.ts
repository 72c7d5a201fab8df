// Which images of the target are foreign to the reference: nothing in the reference is near them.
import { type Matrix, rowOf } from './matrix.ts';

/** The nearest row of another set. */
export interface Neighbor {
  readonly row: number;
  readonly distance: number;
}

export interface Outliers {
  /** For each target image, its nearest reference image. */
  readonly neighbors: readonly Neighbor[];
  /** Distance to the nearest other reference image that 95 % of the reference images stay within. */
  readonly usual: number;
  /** Share of target images that are farther from the reference than that; 0.05 is no difference. */
  readonly foreignShare: number;
}

const USUAL_SHARE = 0.95;

export function findOutliers(reference: Matrix, target: Matrix): Outliers {
  const own = nearestRows(reference, reference, (row, other) => row === other);
  const neighbors = nearestRows(target, reference, () => false);
  const sorted = own.map(({ distance }) => distance).sort((a, b) => a - b);
  const usual = sorted[Math.ceil(USUAL_SHARE * sorted.length) - 1];
  const foreign = neighbors.filter(({ distance }) => distance > usual).length;
  return { neighbors, usual, foreignShare: foreign / target.rows };
}

function nearestRows(
  from: Matrix,
  among: Matrix,
  isItself: (row: number, other: number) => boolean,
): Neighbor[] {
  return Array.from({ length: from.rows }, (_, row) => {
    let nearest = { row: -1, square: Number.POSITIVE_INFINITY };
    for (let other = 0; other < among.rows; other++) {
      if (isItself(row, other)) continue;
      const square = squaredDistance(rowOf(from, row), rowOf(among, other), nearest.square);
      if (square < nearest.square) nearest = { row: other, square };
    }
    return { row: nearest.row, distance: Math.sqrt(nearest.square) };
  });
}

/** Squared distance of two rows, or part of it that is more than `enough`. */
function squaredDistance(a: Float64Array, b: Float64Array, enough: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum <= enough; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
