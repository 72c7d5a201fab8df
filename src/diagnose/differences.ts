// How much two tensors differ: measures for comparing engines.
import type { Tensor } from '../tensor/tensor.ts';

/** Infinite if any difference is NaN, so that no bound holds. */
export function largestDifference(a: Tensor, b: Tensor): number {
  return largest(a.data.length, (i) => Math.abs(a.data[i] - b.data[i]));
}

export function largestEntry({ data }: Tensor): number {
  return largest(data.length, (i) => Math.abs(data[i]));
}

export function relative(difference: number, scale: number): number {
  if (difference === 0) return 0;
  return Number.isFinite(difference) ? difference / scale : Number.POSITIVE_INFINITY;
}

/** A named value that differs, relative to its largest entry. */
export interface NamedDifference {
  readonly name: string;
  readonly maxRel: number;
}

export function findWorst(differences: readonly NamedDifference[]): NamedDifference {
  return differences.reduce((worst, other) => (other.maxRel > worst.maxRel ? other : worst));
}

// A bias before a batch normalization has gradient 0, computed as rounding noise: it is measured against this
// fraction of the largest entry among the gradients of its layer.
const LAYER_FRACTION = 0.01;

/** The gradient that differs most, relative to its largest entry in `expected`. */
export function worstGradient(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): NamedDifference {
  const scales = layerScales(expected);
  return findWorst(
    [...expected].map(([name, gradient]) => {
      const scale = Math.max(largestEntry(gradient), LAYER_FRACTION * scales.get(layerName(name))!);
      return { name, maxRel: relative(largestDifference(gradient, actual.get(name)!), scale) };
    }),
  );
}

/** Largest entry among the gradients of each layer's parameters, by the layer's name. */
function layerScales(gradients: ReadonlyMap<string, Tensor>): Map<string, number> {
  const scales = new Map<string, number>();
  for (const [name, gradient] of gradients) {
    scales.set(layerName(name), Math.max(scales.get(layerName(name)) ?? 0, largestEntry(gradient)));
  }
  return scales;
}

/** `layer1.0.conv1` of `layer1.0.conv1.weight`. */
function layerName(parameter: string): string {
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
