// Dimensionality reduction: projection of both sets to their principal components.
import { RandomStream } from '../tensor/random.ts';
import {
  addScaled,
  centered,
  columnMeans,
  dot,
  type Matrix,
  matrix,
  matrixRow,
  timesTransposed,
  transposedTimes,
} from './matrix.ts';

/** Maximum number of dimensions. */
const MAX_DIMENSIONS = 128;
/** Minimum number of images per dimension, of both sets together. */
const IMAGES_PER_DIMENSION = 4;
/** Power iterations; two suffice according to Halko et al. */
const ITERATIONS = 3;

export interface Projected {
  readonly reference: Matrix;
  readonly target: Matrix;
  /** Fraction of the variance that the dimensions explain; both sets have equal weight. */
  readonly varianceKept: number;
}

/**
 * Makes features of different kinds comparable: scales the columns of each group by a common factor, so that their variances
 * over both sets sum to 1.
 * @param groups number of columns of each group, in order
 */
export function balanceGroups(
  reference: Matrix,
  target: Matrix,
  groups: readonly number[],
): [reference: Matrix, target: Matrix] {
  const { variance } = pooled(reference, target);
  let start = 0;
  const factors = groups.flatMap((size) => {
    const total = variance.subarray(start, start + size).reduce((sum, value) => sum + value, 0);
    start += size;
    return Array<number>(size).fill(total > 0 ? 1 / Math.sqrt(total) : 1);
  });
  const scaled = ({ rows, columns, data }: Matrix) =>
    matrix(
      rows,
      columns,
      data.map((value, i) => value * factors[i % columns]),
    );
  return [scaled(reference), scaled(target)];
}

/**
 * Projects both sets to their common principal components, with equal weight for both: at most 128, and as many as the number
 * of images allows. If there are not more features than that, they stay unchanged. The components are computed by randomized
 * subspace iteration (Halko, Martinsson & Tropp 2011), as an arbitrary orthonormal basis of their subspace.
 */
export function project(reference: Matrix, target: Matrix): Projected {
  const images = Math.floor((reference.rows + target.rows) / IMAGES_PER_DIMENSION);
  const dimensions = Math.min(MAX_DIMENSIONS, images);
  if (reference.columns <= dimensions) return { reference, target, varianceKept: 1 };
  const { center, variance } = pooled(reference, target);
  const sets = [reference, target].map((set) => centered(set, center, 1 / Math.sqrt(2 * set.rows)));
  const basis = subspace(sets, dimensions);
  const total = variance.reduce((sum, value) => sum + value, 0);
  const kept = sets
    .flatMap((set) => [...timesTransposed(set, basis).data])
    .reduce((sum, value) => sum + value * value, 0);
  return {
    reference: timesTransposed(centered(reference, center), basis),
    target: timesTransposed(centered(target, center), basis),
    varianceKept: total > 0 ? kept / total : 1,
  };
}

/** Mean and variance of each column over both sets, with equal weight for both. */
function pooled(reference: Matrix, target: Matrix): { center: Float64Array; variance: Float64Array } {
  const means = [columnMeans(reference), columnMeans(target)] as const;
  const center = means[0].map((value, i) => (value + means[1][i]) / 2);
  const variance = new Float64Array(center.length);
  for (const set of [reference, target]) {
    const squares = centered(set, center).data.map((value) => value * value);
    const ofSet = columnMeans(matrix(set.rows, set.columns, squares));
    addScaled(variance, ofSet, 0.5);
  }
  return { center, variance };
}

/** Orthonormal rows that span approximately the leading right singular vectors of both sets. */
function subspace(sets: readonly Matrix[], dimensions: number): Matrix {
  const columns = sets[0].columns;
  let basis = matrix(dimensions, columns);
  const random = new RandomStream(0, 'directions');
  basis.data.forEach((_, i) => {
    basis.data[i] = random.normal(i);
  });
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = matrix(dimensions, columns);
    for (const set of sets) addScaled(next.data, transposedTimes(timesTransposed(set, basis), set).data, 1);
    orthonormalize(next);
    basis = next;
  }
  return basis;
}

/** Gram-Schmidt, applied twice for full accuracy; linearly dependent rows become 0. */
function orthonormalize(rows: Matrix): void {
  for (let i = 0; i < rows.rows; i++) {
    const row = matrixRow(rows, i);
    const original = dot(row, row);
    for (const _ of [1, 2]) {
      for (let j = 0; j < i; j++) addScaled(row, matrixRow(rows, j), -dot(row, matrixRow(rows, j)));
    }
    const square = dot(row, row);
    const scale = square > 1e-20 * original ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < row.length; k++) row[k] *= scale;
  }
}
