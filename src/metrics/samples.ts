// Statistics of a few repeated measurements: mean, standard deviation, Student's t interval and test, sign test.
import { checkCount, wrongArgument } from '../base/arguments.ts';

/** Statistics of repeated measurements, such as the accuracies of several seeds. */
export interface SampleStatistics {
  /** Number of values. */
  readonly count: number;
  /** Arithmetic mean. */
  readonly mean: number;
  /** Sample standard deviation (count - 1 in the denominator); undefined for a single value. */
  readonly std?: number;
  /** Minimum. */
  readonly min: number;
  /** Maximum. */
  readonly max: number;
  /** 95% confidence interval of the mean (Student 1908); undefined for a single value. */
  readonly interval?: readonly [low: number, high: number];
}

/**
 * Mean, standard deviation, range and 95% confidence interval of the mean. The interval assumes independent, roughly normally
 * distributed values.
 * @param values at least one
 * @example
 * const { mean, std, interval } = sampleStatistics([0.86, 0.88, 0.85]);
 */
export function sampleStatistics(values: readonly number[]): SampleStatistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const range = { count, mean, min: Math.min(...values), max: Math.max(...values) };
  if (count < 2) return range;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const std = Math.sqrt(squares / (count - 1));
  const half = (studentQuantile(0.95, count - 1) * std) / Math.sqrt(count);
  return { ...range, std, interval: [mean - half, mean + half] };
}

/** Two-sided p-value of Student's t-test for a mean of 0; undefined for a single value. */
export function studentTest({ count, mean, std }: SampleStatistics): number | undefined {
  if (std === undefined) return undefined;
  if (std === 0) return mean === 0 ? 1 : 0;
  return 1 - studentProbability((Math.abs(mean) / std) * Math.sqrt(count), count - 1);
}

/** Two-sided p-value of the sign test: positive and negative values are equally likely. Zeros do not count. */
export function signTest(values: readonly number[]): number {
  const positive = values.filter((value) => value > 0).length;
  const negative = values.filter((value) => value < 0).length;
  const count = positive + negative;
  let [ways, tail] = [1, 0]; // Binomial coefficient: i of count.
  for (let i = 0; i <= Math.min(positive, negative); i++) {
    tail += ways;
    ways *= (count - i) / (i + 1);
  }
  return Math.min(1, 2 * tail * 0.5 ** count);
}

/**
 * Two-sided quantile of Student's t distribution: the t with P(|T| < t) = `probability`, to 12 digits.
 * @param probability from 0 to below 1
 * @param freedom degrees of freedom, a positive integer
 * @throws UsageError for other arguments
 * @example
 * studentQuantile(0.95, 9); // 2.262
 */
export function studentQuantile(probability: number, freedom: number): number {
  const call = 'studentQuantile(probability, freedom)';
  if (!(probability >= 0 && probability < 1)) {
    throw wrongArgument(call, 'probability', 'from 0 to below 1', probability);
  }
  checkCount(call, 'freedom', freedom);
  let [low, high] = [0, 1];
  while (studentProbability(high, freedom) < probability) [low, high] = [high, 2 * high];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const HALVINGS = 50;

/** P(|T| < t), by the finite sums in the angle atan(t / sqrt(freedom)): Abramowitz & Stegun 1964, 26.7.3 and 26.7.4. */
function studentProbability(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const odd = freedom % 2;
  let term = odd ? Math.cos(angle) : 1;
  let sum = 0;
  for (let i = odd; i <= freedom - 2; i += 2) {
    sum += term;
    term *= ((i + 1) / (i + 2)) * Math.cos(angle) ** 2;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
