// The interval in which the true fraction of successes lies.

/** 97.5 % point of the normal distribution: two-sided 95 %. */
export const Z = 1.959963984540054;

/**
 * 95 % interval of a fraction, such as an accuracy, from `correct` of `count` (Wilson 1927): holds for small counts and
 * shares near 0 or 1. [0, 1] if the count is 0.
 */
export function wilsonInterval(correct: number, count: number): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const fraction = correct / count;
  const square = Z ** 2 / count;
  const center = (fraction + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((fraction * (1 - fraction)) / count + square / (4 * count))) / (1 + square);
  // At the ends, where it is exactly 0 or 1, rounding would leave a little.
  return [correct === 0 ? 0 : center - half, correct === count ? 1 : center + half];
}
