// Differences between tensors, for comparing engines.
import { lookup } from '../base/lookup.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Largest absolute difference; infinite if any difference is NaN, so that it exceeds every bound. */
export function largestDifference(a: Tensor, b: Tensor): number {
  return largest(a.data.length, (i) => Math.abs(a.data[i] - b.data[i]));
}

/** Largest magnitude of a tensor's elements. */
export function largestMagnitude({ data }: Tensor): number {
  return largest(data.length, (i) => Math.abs(data[i]));
}

/** `difference / scale`; 0 if there is no difference, infinite if it is not finite. */
export function relative(difference: number, scale: number): number {
  if (difference === 0) return 0;
  return Number.isFinite(difference) ? difference / scale : Number.POSITIVE_INFINITY;
}

/** The difference of a named tensor, relative to its largest magnitude. */
export interface NamedDifference {
  readonly name: string;
  readonly maxRel: number;
}

export function findWorst(differences: readonly NamedDifference[]): NamedDifference {
  return differences.reduce((worst, other) => (other.maxRel > worst.maxRel ? other : worst));
}

// The gradient of a bias before batch normalization is 0 up to rounding. It is compared with this fraction of the largest
// gradient of its layer.
const LAYER_FRACTION = 0.01;

/** The gradient with the largest difference, relative to its largest magnitude in `expected`. */
export function worstGradient(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): NamedDifference {
  const scales = layerScales(expected);
  return findWorst(
    [...expected].map(([name, gradient]) => {
      const scale = Math.max(largestMagnitude(gradient), LAYER_FRACTION * lookup(scales, layerName(name)));
      return { name, maxRel: relative(largestDifference(gradient, lookup(actual, name)), scale) };
    }),
  );
}

/** Largest magnitude among the gradients of each layer, by layer name. */
function layerScales(gradients: ReadonlyMap<string, Tensor>): Map<string, number> {
  const scales = new Map<string, number>();
  for (const [name, gradient] of gradients) {
    scales.set(layerName(name), Math.max(scales.get(layerName(name)) ?? 0, largestMagnitude(gradient)));
  }
  return scales;
}

/** `layer1.0.bn1` for `layer1.0.bn1.running_mean`. */
export function layerName(parameter: string): string {
  return parameter.slice(0, Math.max(0, parameter.lastIndexOf('.')));
}

function largest(length: number, entry: (index: number) => number): number {
  let result = 0;
  for (let i = 0; i < length; i++) {
    const value = entry(i);
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    if (value > result) result = value;
  }
  return result;
}
