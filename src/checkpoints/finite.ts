// Checks that weights are finite: neither NaN nor infinite.
import { formatList } from '../base/text.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

/** Whether no value is infinite or NaN. */
export function isAllFinite(values: Float32Array): boolean {
  // Infinity and NaN make a sum NaN. Two sums: additions of one wait for each other.
  let [even, odd] = [0, 0];
  const end = values.length - (values.length % 2);
  for (let i = 0; i < end; i += 2) {
    even += values[i] * 0;
    odd += values[i + 1] * 0;
  }
  if (end < values.length) even += values[end] * 0;
  return even + odd === 0;
}

/** Names of the tensors with infinite or NaN values. */
export function nonFiniteNames(weights: ReadonlyMap<string, FloatTensor>): string[] {
  return [...weights].filter(([, { data }]) => !isAllFinite(data)).map(([name]) => name);
}

/** `3 of its 10 tensors are not finite (conv1.bias, ...)`; empty if all are. */
export function describeNonFinite(weights: ReadonlyMap<string, FloatTensor>): string {
  const names = nonFiniteNames(weights);
  if (names.length === 0) return '';
  return `${names.length} of its ${weights.size} tensors of weights hold NaN or infinite values (${formatList(names)})`;
}
