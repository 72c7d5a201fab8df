// The classifier two-sample test: two sets differ if a classifier predicts better than chance which set an image is from.
// Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.
import { last } from '../base/lookup.ts';
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
  matrixRow,
  pickRows,
  solveLower,
  solveTransposed,
} from './matrix.ts';

const FOLDS = 5;
/** L2 penalty, relative to the sum of the losses. */
const L2_PENALTY = 1;
const NEWTON_STEPS = 25;
/** Newton's method stops when all weights change less. */
const TOLERANCE = 1e-6;

/** How well a logistic regression on the features predicts which set an image is from. */
export interface TwoSampleTest {
  /** Number of classified images, half of each set; each is classified by a model that was not trained on it. */
  readonly count: number;
  /** Number of correctly classified images. */
  readonly correct: number;
  /** Accuracy; 0.5 is chance level. */
  readonly accuracy: number;
  /** 95% CI of the accuracy (Wilson). */
  readonly interval: readonly [low: number, high: number];
  /** p-value of the one-sided binomial test against chance level. */
  readonly pValue: number;
}

/** Five-fold cross-validation on equally many random images of both sets. */
export function classifierTest(reference: Matrix, target: Matrix): TwoSampleTest {
  const size = Math.min(reference.rows, target.rows);
  const sampled = [reference, target].flatMap((set, i) => {
    const order = new RandomStream(0, `two samples ${i}`).permutation(set.rows);
    return Array.from(order.subarray(0, size), (row) => matrixRow(set, row));
  });
  const features = whiten(matrixFromRows(sampled));
  const labels = sampled.map((_, i) => (i < size ? 0 : 1));
  const folds = sampled.map((_, i) => (i % size) % FOLDS);
  const correct = crossValidate(features, labels, folds);
  const count = sampled.length;
  return {
    count,
    correct,
    accuracy: correct / count,
    interval: wilsonInterval(correct, count),
    pValue: binomialTail(correct, count),
  };
}

/**
 * Number of rows of `features` `[N, D]` that are classified correctly by models trained on the other folds.
 * @param labels 0 or 1 for each row
 * @param folds the fold of each row
 */
export function crossValidate(features: Matrix, labels: readonly number[], folds: readonly number[]): number {
  let correct = 0;
  for (const fold of new Set(folds)) {
    const inside = folds.flatMap((own, row) => (own === fold ? [row] : []));
    const outside = folds.flatMap((own, row) => (own === fold ? [] : [row]));
    const weights = logisticRegression(
      pickRows(features, outside),
      outside.map((row) => labels[row]),
    );
    const isCorrect = (row: number) => Number(score(weights, matrixRow(features, row)) > 0) === labels[row];
    correct += inside.filter(isCorrect).length;
  }
  return correct;
}

/** Weights of the columns, followed by the bias: minimizes logistic loss + penalty / 2 x |weights|^2 by Newton's method. */
function logisticRegression(features: Matrix, labels: readonly number[]): Float64Array {
  const { rows, columns } = features;
  const size = columns + 1;
  const rowsWithOne = Array.from({ length: rows }, (_, row) => [...matrixRow(features, row), 1]);
  const inputs = matrixFromRows(rowsWithOne);
  const weights = new Float64Array(size);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const { gradient, hessian } = derivatives(inputs, labels, weights);
    const lower = cholesky(hessian);
    const change = solveTransposed(lower, solveLower(lower, gradient));
    addScaled(weights, change, -1);
    if (change.every((value) => Math.abs(value) < TOLERANCE)) break;
  }
  return weights;
}

function derivatives(inputs: Matrix, labels: readonly number[], weights: Float64Array) {
  const size = weights.length;
  const gradient = new Float64Array(size);
  const scaled = matrix(inputs.rows, size);
  for (let row = 0; row < inputs.rows; row++) {
    const input = matrixRow(inputs, row);
    const probability = 1 / (1 + Math.exp(-dot(weights, input)));
    addScaled(gradient, input, probability - labels[row]);
    addScaled(matrixRow(scaled, row), input, Math.sqrt(probability * (1 - probability)));
  }
  const hessian = gram(scaled);
  // A small penalty on the bias keeps the Hessian invertible for all probabilities.
  for (let i = 0; i < size; i++) {
    const penalty = i < size - 1 ? L2_PENALTY : 1e-6 * L2_PENALTY;
    gradient[i] += penalty * weights[i];
    hessian.data[i * size + i] += penalty;
  }
  return { gradient, hessian };
}

function score(weights: Float64Array, features: Float64Array): number {
  return dot(weights.subarray(0, features.length), features) + last(weights);
}

/** Whitening: the rows with mean 0 and identity covariance, in another basis. */
function whiten(features: Matrix): Matrix {
  const centeredRows = centered(features, columnMeans(features));
  const lower = cholesky(gram(centeredRows));
  const unit = Math.sqrt(features.rows);
  return matrixFromRows(
    Array.from({ length: features.rows }, (_, row) =>
      solveLower(lower, matrixRow(centeredRows, row)).map((value) => unit * value),
    ),
  );
}

/** Probability of at least `correct` successes in `count` trials with probability 1/2. */
export function binomialTail(correct: number, count: number): number {
  let logarithm = -count * Math.LN2; // Of the probability of exactly `successes`.
  let sum = 0;
  for (let successes = 0; successes <= count; successes++) {
    if (successes >= correct) sum += Math.exp(logarithm);
    logarithm += Math.log((count - successes) / (successes + 1));
  }
  return Math.min(1, sum);
}
