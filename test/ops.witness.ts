// Reference values of the operator cases from PyTorch, as scripts/witness/ops.py stores them, and how tensors
// are compared.
import { readFileSync } from 'node:fs';

export interface CaseWitness {
  readonly outputs: readonly (readonly number[])[];
  readonly gradients: readonly (readonly number[])[];
}

export interface UpdateWitness {
  /** The weight after each step. */
  readonly weights: readonly (readonly number[])[];
  /** The optimizer state after the last step. */
  readonly state: readonly (readonly number[])[];
}

interface Witness {
  readonly torch: string;
  readonly cases: Readonly<Record<string, CaseWitness>>;
  readonly updates: Readonly<Record<string, UpdateWitness>>;
}

const path = new URL('./witness/ops.json', import.meta.url);
export const witness = JSON.parse(readFileSync(path, 'utf8')) as Witness;

const SAMPLES = 24;

/** Indices of the sampled elements of a tensor: all elements of a small one. */
export function sampledIndices(size: number, samples = SAMPLES): number[] {
  if (size <= samples) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: samples }, (_, i) => Math.floor(((i + 0.5) * size) / samples));
}

/** All elements of a small tensor; for a larger one samples, and two projections that depend on every element. */
export function sampledValues(data: ArrayLike<number>): number[] {
  const samples = sampledIndices(data.length).map((index) => data[index]);
  if (data.length <= SAMPLES) return samples;
  return [...samples, projectionOf(data), projection(data, 104_729, 997)];
}

/** A sum of all elements with different weights. */
export function projectionOf(data: ArrayLike<number>): number {
  return projection(data, 7919, 1009);
}

function projection(data: ArrayLike<number>, factor: number, modulus: number): number {
  return Array.from(data).reduce(
    (sum, value, i) => sum + value * (((i * factor) % modulus) / modulus - 0.5),
    0,
  );
}

/** The largest difference between two arrays, relative to the largest expected element. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let scale = 1e-6; // Lower bound, for tensors of zeros.
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= largest)) largest = difference; // NaN counts as a difference
  }
  return largest / scale;
}
