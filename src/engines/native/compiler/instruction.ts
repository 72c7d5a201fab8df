// Instructions: what is left of a program's nodes when operators that belong together have been fused.
import type { Value } from '../../../graph/graph.ts';
import type { AveragePoolGradAttributes } from '../../../ops/average-pool.ts';
import type { BatchNormalizationTrainingAttributes } from '../../../ops/batch-normalization.ts';
import type { ConvAttributes, ConvGradInputAttributes } from '../../../ops/conv.ts';
import type { GemmAttributes } from '../../../ops/gemm.ts';
import type { OperatorName } from '../../../ops/index.ts';
import type { MaxPoolAttributes } from '../../../ops/max-pool.ts';

/** Smallest and largest value that an activation lets through: [0, Infinity] is ReLU, [0, 6] is ReLU6. */
export type Bounds = readonly [number, number];

/** What the fused instructions add to their operators' attributes; each says which further operands it has. */
export interface FusedAttributes {
  /**
   * y = clip(scale * (conv(x, weight) + bias) + shift + residual). Inputs: x, weight, then those that are there of bias `[K]`;
   * scale `[K]` and shift `[K]` (`affine`); residual, of y's shape.
   */
  Conv: ConvAttributes & {
    readonly bias: boolean;
    readonly affine: boolean;
    readonly residual: boolean;
    readonly clip?: Bounds;
  };
  /** dx = convGradInput(dy, weight) + addend. Inputs: dy, weight, addend of dx's shape if `addend`. */
  ConvGradInput: ConvGradInputAttributes & { readonly addend: boolean };
  /** y = clip(normalised + residual). Inputs: those of the operator, then residual of y's shape if `residual`. */
  BatchNormalizationTraining: BatchNormalizationTrainingAttributes & {
    readonly residual: boolean;
    readonly clip?: Bounds;
  };
  /**
   * With `clip`, dy counts only where y is strictly between the bounds. Inputs: those of the operator, then y if there is
   * `clip`. Outputs: those of the operator, then the dy that counted if `passOn`.
   */
  BatchNormalizationGrad: { readonly clip?: Bounds; readonly passOn: boolean };
  /** With `clip`, the gradient of a window counts only where its maximum is strictly between the bounds. */
  MaxPoolGrad: MaxPoolAttributes & { readonly clip?: Bounds };
  /** With `clip`, the result is 0 but where y is strictly between the bounds. Inputs: dy, then y if there is `clip`. */
  AveragePoolGrad: AveragePoolGradAttributes & { readonly clip?: Bounds };
  /** y = clip(a b + c). */
  Gemm: GemmAttributes & { readonly clip?: Bounds };
  /**
   * Batch normalisation by running statistics as one multiplication and one addition. Inputs: scale, bias, mean, variance,
   * all `[C]`; outputs: factor scale / sqrt(variance + epsilon), and shift bias - mean * factor.
   */
  FoldStatistics: { readonly epsilon: number };
  /** The same values in another layout. */
  Reorder: Record<never, never>;
}

export type InstructionKind = OperatorName | keyof FusedAttributes;

export interface Instruction {
  readonly kind: InstructionKind;
  /** The node it came from, the first one if several. */
  readonly name: string;
  readonly attributes: object;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}
