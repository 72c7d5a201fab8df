// The Fréchet distance of two sets of features, and its value between random halves of one set.
// Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", NeurIPS 2017:
//   |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^1/2)   for normal distributions with means m and covariances C
import { mean } from '../base/numbers.ts';
import { RandomStream } from '../tensor/random.ts';
import {
  centered,
  cholesky,
  columnMeans,
  gram,
  type Matrix,
  matrix,
  pickRows,
  sumOfSingularValues,
  timesTransposed,
} from './matrix.ts';

/** Mean, trace of the covariance, and a factor f `[R, D]` of the covariance: f' f. */
interface Moments {
  readonly mean: Float64Array;
  readonly trace: number;
  readonly factor: Matrix;
}

/**
 * Fréchet distance between normal distributions that are fitted to two sets of features, as in the FID (Heusel et al. 2017).
 * The trace of (C1 C2)^1/2 is computed as the sum of the singular values of f1 f2' for covariances C = f' f, so that no
 * covariance is inverted, and there may be fewer images than features.
 * @param a features, one row for each image, `[N, D]`
 * @param b features `[M, D]`
 * @returns at least 0, in squared units of the features
 */
export function frechetDistance(a: Matrix, b: Matrix): number {
  return momentsDistance(moments(a), moments(b));
}

function momentsDistance(a: Moments, b: Moments): number {
  const shift = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]) ** 2, 0);
  const overlap = sumOfSingularValues(timesTransposed(a.factor, b.factor));
  return Math.max(0, shift + a.trace + b.trace - 2 * overlap);
}

function moments(set: Matrix): Moments {
  const mean = columnMeans(set);
  const centeredRows = centered(set, mean, 1 / Math.sqrt(set.rows - 1));
  const trace = centeredRows.data.reduce((sum, value) => sum + value * value, 0);
  return { mean, trace, factor: set.rows <= set.columns ? centeredRows : squareFactor(centeredRows) };
}

/** A factor `[D, D]` of the same covariance as that of `[N, D]`. */
function squareFactor(centeredRows: Matrix): Matrix {
  const lower = cholesky(gram(centeredRows));
  const size = lower.rows;
  const upper = lower.data.map((_, i) => lower.data[(i % size) * size + Math.floor(i / size)]);
  return matrix(size, size, upper);
}

/** Fréchet distances between reference and target, and within the reference. */
export interface Distance {
  /** Fréchet distance of all images, in squared units of the features. It is biased: larger for fewer images. */
  readonly frechet: number;
  /** Number of images of each set in the following comparisons. */
  readonly size: number;
  /** Distance between random subsets of the reference and the target; mean over several draws. */
  readonly target: number;
  /** Distance between two disjoint random subsets of the reference (no shift); mean over the draws. */
  readonly chance: number;
  /** target / chance: 1 for no shift. Undefined if all reference images are equal. */
  readonly ratio?: number;
  /** Whether the distance to the target exceeds that within the reference in all draws. */
  readonly beyondChance: boolean;
  /**
   * target - chance (at least 0), relative to the mean squared distance between two reference images. Undefined if all
   * reference images are equal.
   */
  readonly share?: number;
}

/** Minimum number of images in each set for `compareSets`. */
export const MIN_IMAGES = 10;

/**
 * The Fréchet distance of a target from a reference, beside the distance within the reference. The estimate is biased for
 * few images, so both are measured between subsets of equal size.
 */
export function compareSets(reference: Matrix, target: Matrix, draws: number): Distance {
  const size = Math.min(reference.rows >> 1, target.rows);
  const pairs = Array.from({ length: draws }, (_, draw) => {
    const orders = [reference, target].map(({ rows }, i) =>
      new RandomStream(0, `halves ${i}`, draw).permutation(rows),
    ) as [Uint32Array, Uint32Array];
    const first = moments(pickRows(reference, orders[0].subarray(0, size)));
    const second = moments(pickRows(reference, orders[0].subarray(size, 2 * size)));
    const other = moments(pickRows(target, orders[1].subarray(0, size)));
    return { chance: momentsDistance(first, second), target: momentsDistance(first, other) };
  });
  const means = {
    target: mean(pairs.map((pair) => pair.target)),
    chance: mean(pairs.map((pair) => pair.chance)),
  };
  const whole = moments(reference);
  return {
    frechet: momentsDistance(whole, moments(target)),
    size,
    ...means,
    ...(means.chance > 0 && { ratio: means.target / means.chance }),
    beyondChance:
      Math.min(...pairs.map((pair) => pair.target)) > Math.max(...pairs.map((pair) => pair.chance)),
    ...(whole.trace > 0 && { share: Math.max(0, means.target - means.chance) / (2 * whole.trace) }),
  };
}
