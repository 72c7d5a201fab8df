// The confidence interval of a fraction.

/** 97.5% quantile of the standard normal distribution, for two-sided 95% intervals. */
export const Z = 1.959963984540054;

/**
 * 95% confidence interval of a fraction such as an accuracy. Unlike the normal approximation it is reliable for small counts
 * and for fractions near 0 or 1.
 * Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 * @param correct number of successes
 * @param count number of trials
 * @returns bounds from 0 to 1; [0, 1] if `count` is 0
 * @example
 * wilsonInterval(172, 200); // [0.805, 0.901] for an accuracy of 0.86
 */
export function wilsonInterval(correct: number, count: number): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const fraction = correct / count;
  const square = Z ** 2 / count;
  const center = (fraction + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((fraction * (1 - fraction)) / count + square / (4 * count))) / (1 + square);
  // Exactly 0 and 1 at the ends, where rounding would leave a remainder.
  return [correct === 0 ? 0 : center - half, correct === count ? 1 : center + half];
}
