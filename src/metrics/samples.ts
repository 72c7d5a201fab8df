// What a few measured values say of the mean they were drawn around: Student's t, and the sign test.
import { checkCount, wrongArgument } from '../base/arguments.ts';

/** Values measured again and again, such as the accuracies of several seeds. */
export interface SampleStatistics {
  readonly count: number;
  readonly mean: number;
  /** With count - 1 in the denominator; none of a single value. */
  readonly std?: number;
  readonly min: number;
  readonly max: number;
  /** 95 % interval of the mean (Student 1908); none of a single value. */
  readonly interval?: readonly [low: number, high: number];
}

/** Values that are drawn independently, of about a normal distribution. Equal values give an interval without width. */
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

/** Two-sided p of the mean being 0 (Student's t test); undefined of a single value. */
export function studentTest({ count, mean, std }: SampleStatistics): number | undefined {
  if (std === undefined) return undefined;
  if (std === 0) return mean === 0 ? 1 : 0;
  return 1 - studentCdf((Math.abs(mean) / std) * Math.sqrt(count), count - 1);
}

/**
 * Two-sided p of positive and negative values being equally likely (Arbuthnot 1710); zeros say nothing and are left out.
 */
export function signTest(values: readonly number[]): number {
  const positive = values.filter((value) => value > 0).length;
  const negative = values.filter((value) => value < 0).length;
  const count = positive + negative;
  let [ways, tail] = [1, 0]; // Ways to choose i of count.
  for (let i = 0; i <= Math.min(positive, negative); i++) {
    tail += ways;
    ways *= (count - i) / (i + 1);
  }
  return Math.min(1, 2 * tail * 0.5 ** count);
}

/** The t with P(|T| < t) = `share` for Student's t of `freedom` degrees, a whole number from 1; to 12 digits. @throws UsageError for others */
export function studentQuantile(share: number, freedom: number): number {
  const call = 'studentQuantile(share, freedom)';
  if (!(share >= 0 && share < 1)) throw wrongArgument(call, 'share', 'from 0 to below 1', share);
  checkCount(call, 'freedom', freedom);
  let [low, high] = [0, 1];
  while (studentCdf(high, freedom) < share) [low, high] = [high, 2 * high];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, freedom) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const HALVINGS = 50;

/** P(|T| < t), by the finite sums in the angle atan(t / sqrt(freedom)): Abramowitz & Stegun 1964, 26.7.3 and 26.7.4. */
function studentCdf(t: number, freedom: number): number {
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
