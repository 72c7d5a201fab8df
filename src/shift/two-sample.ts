// The classifier two-sample test: two sets differ if a classifier can tell their images apart.
// Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
import { wilsonInterval } from '../metrics/index.ts';
import { RandomStream } from '../tensor/random.ts';
import {
  addScaled,
  centered,
  cholesky,
  columnMeans,
  dot,
  gram,
  type Matrix,
  matrix,
  matrixFromRows,
  pickRows,
  rowOf,
  solveLower,
  solveTransposed,
} from './matrix.ts';

const FOLDS = 5;
/** Weight of the squared weights, against a sum of the losses over images. */
const DECAY = 1;
const NEWTON_STEPS = 25;
/** Change of every weight at which Newton's method has arrived. */
const ARRIVED = 1e-6;

/** How well a logistic regression on the features says which set an image is from. */
export interface TwoSampleTest {
  /** Images it was asked about, as many of each set; each by a classifier that has not seen it. */
  readonly count: number;
  readonly correct: number;
  /** 0.5 is chance. */
  readonly accuracy: number;
  /** Of 95 % (Wilson). */
  readonly interval: readonly [low: number, high: number];
  /** Chance of at least as many right answers by guessing (one-sided binomial test). */
  readonly pValue: number;
}

/** Five-fold cross-validation on as many images of each set as the smaller one has, drawn at random. */
export function classifierTest(reference: Matrix, target: Matrix): TwoSampleTest {
  const size = Math.min(reference.rows, target.rows);
  const drawn = [reference, target].flatMap((set, i) => {
    const order = new RandomStream(0, `two samples ${i}`).permutation(set.rows);
    return Array.from(order.subarray(0, size), (row) => rowOf(set, row));
  });
  const features = whiten(matrixFromRows(drawn));
  const labels = drawn.map((_, i) => (i < size ? 0 : 1));
  const folds = drawn.map((_, i) => (i % size) % FOLDS);
  const correct = countCorrectFolds(features, labels, folds);
  const count = drawn.length;
  return {
    count,
    correct,
    accuracy: correct / count,
    interval: wilsonInterval(correct, count),
    pValue: binomialTail(correct, count),
  };
}

/**
 * How many rows of `features` `[N, D]` a classifier puts into their class that was made from the other folds.
 * @param labels 0 or 1 for each row
 * @param folds the fold of each row
 */
export function countCorrectFolds(
  features: Matrix,
  labels: readonly number[],
  folds: readonly number[],
): number {
  let correct = 0;
  for (const fold of new Set(folds)) {
    const inside = folds.flatMap((own, row) => (own === fold ? [row] : []));
    const outside = folds.flatMap((own, row) => (own === fold ? [] : [row]));
    const weights = logisticRegression(
      pickRows(features, outside),
      outside.map((row) => labels[row]),
    );
    const isRight = (row: number) => Number(score(weights, rowOf(features, row)) > 0) === labels[row];
    correct += inside.filter(isRight).length;
  }
  return correct;
}

/** Weights of the columns, and after them the bias: where logistic loss + decay / 2 x |weights|^2 is least, by Newton's method. */
function logisticRegression(features: Matrix, labels: readonly number[]): Float64Array {
  const { rows, columns } = features;
  const size = columns + 1;
  const rowsWithOne = Array.from({ length: rows }, (_, row) => [...rowOf(features, row), 1]);
  const inputs = matrixFromRows(rowsWithOne);
  const weights = new Float64Array(size);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { gradient, hessian } = derivatives(inputs, labels, weights);
    const lower = cholesky(hessian);
    const change = solveTransposed(lower, solveLower(lower, gradient));
    addScaled(weights, change, -1);
    if (change.every((value) => Math.abs(value) < ARRIVED)) break;
  }
  return weights;
}

function derivatives(inputs: Matrix, labels: readonly number[], weights: Float64Array) {
  const size = weights.length;
  const gradient = new Float64Array(size);
  const scaled = matrix(inputs.rows, size);
  for (let row = 0; row < inputs.rows; row++) {
    const input = rowOf(inputs, row);
    const probability = 1 / (1 + Math.exp(-dot(weights, input)));
    addScaled(gradient, input, probability - labels[row]);
    addScaled(rowOf(scaled, row), input, Math.sqrt(probability * (1 - probability)));
  }
  const hessian = gram(scaled);
  // The bias is held too, far less, so that the matrix can be inverted whatever the probabilities are.
  for (let i = 0; i < size; i++) {
    const decay = i < size - 1 ? DECAY : 1e-6 * DECAY;
    gradient[i] += decay * weights[i];
    hessian.data[i * size + i] += decay;
  }
  return { gradient, hessian };
}

function score(weights: Float64Array, features: Float64Array): number {
  return dot(weights.subarray(0, features.length), features) + weights.at(-1)!;
}

/** The same rows with mean 0 and the identity as covariance, in another basis. */
function whiten(features: Matrix): Matrix {
  const deviations = centered(features, columnMeans(features));
  const lower = cholesky(gram(deviations));
  const unit = Math.sqrt(features.rows);
  return matrixFromRows(
    Array.from({ length: features.rows }, (_, row) =>
      solveLower(lower, rowOf(deviations, row)).map((value) => unit * value),
    ),
  );
}

/** Chance of at least `correct` heads in `count` throws of a fair coin. */
export function binomialTail(correct: number, count: number): number {
  let logarithm = -count * Math.LN2; // Of the chance of exactly `heads` heads.
  let sum = 0;
  for (let heads = 0; heads <= count; heads++) {
    if (heads >= correct) sum += Math.exp(logarithm);
    logarithm += Math.log((count - heads) / (heads + 1));
  }
  return Math.min(1, sum);
}
