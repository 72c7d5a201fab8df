// The numbers of a convolution of images in the lanes, or of the gradient of its input.
import type { Expression } from '../../../../../expressions/expression.ts';
import type { Target } from '../../../compiler/kernel.ts';
import type { Along, Planes, Tap } from './geometry.ts';

export interface BatchProduct {
  readonly target: Target;
  /** The input and the output. */
  readonly input: Planes;
  readonly output: Planes;
  /** The taps of each row and each column of the output. */
  readonly rows: readonly (readonly Tap[])[];
  readonly columns: readonly (readonly Tap[])[];
  readonly kernel: readonly [height: number, width: number];
  /** Floats from a tap of the filter to the next. */
  readonly tap: number;
  /** The filter along what is written and along what is read. */
  readonly to: Along;
  readonly from: Along;
  readonly epilogue: BatchEpilogue;
}

/** y = formula(scale * (sum + bias) + shift, residual) */
export interface BatchEpilogue {
  readonly bias: boolean;
  readonly affine: boolean;
  readonly residual: boolean;
  readonly formula: Expression | undefined;
}

/** Names of the operands besides images and weights, in the order of the instruction's inputs. */
export function extrasOf({ bias, affine, residual }: BatchEpilogue): string[] {
  return [
    ...(bias ? ['bias'] : []),
    ...(affine ? ['scale', 'shift'] : []),
    ...(residual ? ['residual'] : []),
  ];
}
