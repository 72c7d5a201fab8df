// Outliers: target images that are far from all reference images.
import { type Matrix, matrixRow } from './matrix.ts';

/** The nearest row of another set. */
export interface Neighbor {
  readonly row: number;
  readonly distance: number;
}

export interface Outliers {
  /** For each target image, its nearest reference image. */
  readonly neighbors: readonly Neighbor[];
  /** 95th percentile of the distances of reference images to their nearest other reference image. */
  readonly usual: number;
  /** Fraction of target images whose nearest reference image is farther than `usual`; 0.05 without shift. */
  readonly foreignShare: number;
}

const USUAL_QUANTILE = 0.95;

/** Finds target images that are farther from the reference than 95% of the reference images from one another. */
export function findOutliers(reference: Matrix, target: Matrix): Outliers {
  const own = nearestRows(reference, reference, (row, other) => row === other);
  const neighbors = nearestRows(target, reference, () => false);
  const sorted = own.map(({ distance }) => distance).sort((a, b) => a - b);
  const usual = sorted[Math.ceil(USUAL_QUANTILE * sorted.length) - 1];
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
      const square = squaredDistance(matrixRow(from, row), matrixRow(among, other), nearest.square);
      if (square < nearest.square) nearest = { row: other, square };
    }
    return { row: nearest.row, distance: Math.sqrt(nearest.square) };
  });
}

/** Squared distance of two rows, or a partial sum that exceeds `enough`. */
function squaredDistance(a: Float64Array, b: Float64Array, enough: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum <= enough; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
