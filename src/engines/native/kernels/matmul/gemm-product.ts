// Code of both ways of multiplying matrices.
import type { Expression } from '../../../../expressions/expression.ts';
import type { Target } from '../../compiler/kernel.ts';
import { formulaFunction } from '../elementwise/formula-code.ts';

/** Y[m, n] = epilogue(bias[n] + sum over k of A[m, k] B[k, n]) */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether A is given as [K, M]. */
  readonly transA: boolean;
  /** Whether B is given as [N, K]. */
  readonly transB: boolean;
  /** Whether B comes before A among the operands. */
  readonly startsWithB?: boolean;
  readonly bias: boolean;
  /** A formula of one operand. */
  readonly epilogue: Expression | undefined;
  readonly target: Target;
}

export function productOperands({ startsWithB, bias }: Product, workspace: boolean): string[] {
  const matrices = ['const float *a_matrix', 'const float *b_matrix'];
  const inputs = [
    ...(startsWithB ? matrices.toReversed() : matrices),
    ...(bias ? ['const float *bias'] : []),
  ];
  return [...inputs, 'float *y', ...(workspace ? ['float *scratch'] : [])];
}

/** Parts of a whole, all but the last of one size. */
export interface Parts {
  readonly size: number;
  readonly last: number;
  readonly count: number;
}

/** As few parts as can be with at most `most` in each. */
export function evenParts(whole: number, most: number): Parts {
  const size = Math.ceil(whole / Math.ceil(whole / most));
  const count = Math.ceil(whole / size);
  return { size, last: whole - (count - 1) * size, count };
}

/** Equal parts of more than half of `most` if there are any, as one size needs less code; else as few as can be. */
export function equalParts(whole: number, most: number): Parts {
  for (let size = most; 2 * size > most; size--) {
    if (whole % size === 0) return { size, last: size, count: whole / size };
  }
  return evenParts(whole, most);
}

/** `NAME_epilogue`, if there is a formula. */
export function epilogueFunction({ epilogue }: Product): string {
  return epilogue ? formulaFunction('epilogue', epilogue, 1) : '';
}
