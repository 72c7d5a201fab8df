// The Frechet distance of two sets of features, and the yardstick for it.
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

/** Mean, trace of the covariance, and a factor f `[R, D]` of it: f' f is the covariance. */
interface Moments {
  readonly mean: Float64Array;
  readonly trace: number;
  readonly factor: Matrix;
}

/**
 * Frechet distance of two sets `[N, D]`, in squared units of the features. The trace of (C1 C2)^1/2 is the sum of the
 * singular values of f1 f2', so no covariance has to be inverted or rooted, and fewer images than features do no harm.
 */
export function frechetDistance(a: Matrix, b: Matrix): number {
  return distanceOf(momentsOf(a), momentsOf(b));
}

function distanceOf(a: Moments, b: Moments): number {
  const shift = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]) ** 2, 0);
  const overlap = sumOfSingularValues(timesTransposed(a.factor, b.factor));
  return Math.max(0, shift + a.trace + b.trace - 2 * overlap);
}

function momentsOf(set: Matrix): Moments {
  const mean = columnMeans(set);
  const deviations = centered(set, mean, 1 / Math.sqrt(set.rows - 1));
  const trace = deviations.data.reduce((sum, value) => sum + value * value, 0);
  return { mean, trace, factor: set.rows <= set.columns ? deviations : narrowed(deviations) };
}

/** A factor `[D, D]` of the same covariance as `[N, D]`. */
function narrowed(deviations: Matrix): Matrix {
  const lower = cholesky(gram(deviations));
  const size = lower.rows;
  const upper = lower.data.map((_, i) => lower.data[(i % size) * size + Math.floor(i / size)]);
  return matrix(size, size, upper);
}

export interface Distance {
  /** Frechet distance of all images, in squared units of the features. It is the larger the fewer images there are. */
  readonly frechet: number;
  /** Images in each of two sets of equal size that the figures below compare. */
  readonly size: number;
  /** Between a random part of the reference and one of the target; mean of several draws. */
  readonly target: number;
  /** Between two random parts of the reference of the same size, which differ by chance only; mean of the draws. */
  readonly chance: number;
  /** target / chance: 1 for no difference. Not there if reference images do not differ. */
  readonly ratio?: number;
  /** Whether the target was farther than chance in every draw. */
  readonly beyondChance: boolean;
  /**
   * target - chance, at least 0, as a share of the mean squared distance between two reference images, which is
   * how different images of one place are. Not there if reference images do not differ.
   */
  readonly share?: number;
}

/** Least number of images in each set for `compareSets`. */
export const LEAST_IMAGES = 10;

/**
 * The distance of a target from a reference, and how much of it is chance. A distance between few images is too large, so
 * both are measured between sets of equal size.
 */
export function compareSets(reference: Matrix, target: Matrix, draws: number): Distance {
  const size = Math.min(reference.rows >> 1, target.rows);
  const pairs = Array.from({ length: draws }, (_, draw) => {
    const orders = [reference, target].map(({ rows }, i) =>
      new RandomStream(0, `halves ${i}`, draw).permutation(rows),
    ) as [Uint32Array, Uint32Array];
    const first = momentsOf(pickRows(reference, orders[0].subarray(0, size)));
    const second = momentsOf(pickRows(reference, orders[0].subarray(size, 2 * size)));
    const other = momentsOf(pickRows(target, orders[1].subarray(0, size)));
    return { chance: distanceOf(first, second), target: distanceOf(first, other) };
  });
  const means = {
    target: mean(pairs.map((pair) => pair.target)),
    chance: mean(pairs.map((pair) => pair.chance)),
  };
  const whole = momentsOf(reference);
  return {
    frechet: distanceOf(whole, momentsOf(target)),
    size,
    ...means,
    ...(means.chance > 0 && { ratio: means.target / means.chance }),
    beyondChance:
      Math.min(...pairs.map((pair) => pair.target)) > Math.max(...pairs.map((pair) => pair.chance)),
    ...(whole.trace > 0 && { share: Math.max(0, means.target - means.chance) / (2 * whole.trace) }),
  };
}
