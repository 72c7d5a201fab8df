// Features in fewer dimensions: coordinates along the directions in which both sets vary most.
import { RandomStream } from '../tensor/random.ts';
import {
  addScaled,
  centered,
  columnMeans,
  dot,
  type Matrix,
  matrix,
  rowOf,
  timesTransposed,
  transposedTimes,
} from './matrix.ts';

/** Most dimensions that are kept. */
const MAX_DIMENSIONS = 128;
/** Least number of images, of both sets together, for each dimension. */
const IMAGES_PER_DIMENSION = 4;
/** Power iterations; Halko et al. find two enough. */
const ITERATIONS = 3;

export interface Projected {
  readonly reference: Matrix;
  readonly target: Matrix;
  /** Share of the variance of the two sets, counted alike, that the dimensions hold. */
  readonly varianceKept: number;
}

/**
 * Columns of different kinds made comparable: those of each group multiplied by one factor, so that their variances over
 * both sets sum up to 1.
 * @param groups how many columns each group has, one group after the other
 */
export function balanced(
  reference: Matrix,
  target: Matrix,
  groups: readonly number[],
): [reference: Matrix, target: Matrix] {
  const { spread } = pooled(reference, target);
  let start = 0;
  const factors = groups.flatMap((size) => {
    const total = spread.subarray(start, start + size).reduce((sum, variance) => sum + variance, 0);
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
 * Both sets along the first principal components of the two, which count alike, whatever their sizes: as many as the images
 * allow, 128 at most. Where that is all the features, they stay as they are. The components are found as a subspace by
 * power iteration from random directions (Halko, Martinsson, Tropp 2011); its basis is any orthonormal one.
 */
export function project(reference: Matrix, target: Matrix): Projected {
  const images = Math.floor((reference.rows + target.rows) / IMAGES_PER_DIMENSION);
  const dimensions = Math.min(MAX_DIMENSIONS, images);
  if (reference.columns <= dimensions) return { reference, target, varianceKept: 1 };
  const { center, spread } = pooled(reference, target);
  const sets = [reference, target].map((set) => centered(set, center, 1 / Math.sqrt(2 * set.rows)));
  const basis = subspace(sets, dimensions);
  const total = spread.reduce((sum, variance) => sum + variance, 0);
  const kept = sets
    .flatMap((set) => [...timesTransposed(set, basis).data])
    .reduce((sum, value) => sum + value * value, 0);
  return {
    reference: timesTransposed(centered(reference, center), basis),
    target: timesTransposed(centered(target, center), basis),
    varianceKept: total > 0 ? kept / total : 1,
  };
}

/** Mean and variance of each column over both sets, each set counting one half. */
function pooled(reference: Matrix, target: Matrix): { center: Float64Array; spread: Float64Array } {
  const means = [columnMeans(reference), columnMeans(target)] as const;
  const center = means[0].map((value, i) => (value + means[1][i]) / 2);
  const spread = new Float64Array(center.length);
  for (const set of [reference, target]) {
    const squares = centered(set, center).data.map((value) => value * value);
    const ofSet = columnMeans(matrix(set.rows, set.columns, squares));
    addScaled(spread, ofSet, 0.5);
  }
  return { center, spread };
}

/** Orthonormal rows that span about the leading right singular vectors of the sets stacked. */
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

/** Gram-Schmidt, twice over, which makes it as exact as the numbers are; a row without a direction of its own becomes 0. */
function orthonormalize(rows: Matrix): void {
  for (let i = 0; i < rows.rows; i++) {
    const row = rowOf(rows, i);
    const before = dot(row, row);
    for (const _ of [1, 2]) {
      for (let j = 0; j < i; j++) addScaled(row, rowOf(rows, j), -dot(row, rowOf(rows, j)));
    }
    const square = dot(row, row);
    const scale = square > 1e-20 * before ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < row.length; k++) row[k] *= scale;
  }
}
