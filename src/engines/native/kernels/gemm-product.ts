// What both ways of multiplying matrices share.
import { literal } from '../c.ts';
import type { Bounds } from '../instruction.ts';
import type { Target } from '../kernel.ts';

/** Y[m, n] = clip(bias[n] + sum over k of A[m, k] B[k, n]) */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether A is given as [K, M]. */
  readonly transA: boolean;
  readonly bias: boolean;
  readonly clip: Bounds | undefined;
  readonly target: Target;
}

export function productOperands({ bias }: Product, workspace: boolean): string[] {
  const inputs = ['const float *a_matrix', 'const float *b_matrix', ...(bias ? ['const float *bias'] : [])];
  return [...inputs, 'float *y', ...(workspace ? ['float *scratch'] : [])];
}

/** Parts of `whole` of at most `most`, all but the last equal. */
export function evenParts(
  whole: number,
  most: number,
): { readonly size: number; readonly last: number; readonly count: number } {
  const count = Math.ceil(whole / most);
  const size = Math.ceil(whole / count);
  const parts = Math.ceil(whole / size);
  return { size, last: whole - (parts - 1) * size, count: parts };
}

/** C statements that keep the number `value` between the bounds. */
export function clipNumber(clip: Bounds | undefined): string {
  if (!clip) return '';
  const [least, most] = clip;
  const low =
    least === Number.NEGATIVE_INFINITY ? '' : `if (value < ${literal(least)}) value = ${literal(least)};`;
  const high =
    most === Number.POSITIVE_INFINITY ? '' : `if (value > ${literal(most)}) value = ${literal(most)};`;
  return `${low}\n${high}`;
}
