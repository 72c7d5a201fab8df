// Instructions: the nodes of a program after fusion.
import type { Expression } from '../../../expressions/expression.ts';
import type { Value } from '../../../graph/graph.ts';
import type { Origin } from '../../../graph/types.ts';
import type { AveragePoolGradAttributes } from '../../../ops/average-pool.ts';
import type { BatchNormalizationTrainingAttributes } from '../../../ops/batch-normalization.ts';
import type { ConvAttributes, ConvGradInputAttributes } from '../../../ops/conv.ts';
import type { GemmAttributes } from '../../../ops/gemm.ts';
import type { OperatorName } from '../../../ops/index.ts';
import type { MaxPoolAttributes } from '../../../ops/max-pool.ts';

/** What an instruction makes of its first output before it stores it. */
export interface Epilogue {
  /** A formula of the value, operand 0, and one further operand of its shape, operand 1. */
  readonly epilogue?: Expression;
}

/** What the fused instructions add to their operators' attributes; each says which further operands it has. */
export interface FusedAttributes {
  /** Outputs are formulas of the inputs, which broadcast to the outputs' shape. */
  Elementwise: {
    /** Names of the operators: `Mul+AdamUpdate`. */
    readonly operator: string;
    readonly formulas: readonly Expression[];
  };
  /**
   * y = epilogue(scale * (conv(x, weight) + bias) + shift, residual). Inputs: x, weight, then those that are there of bias
   * `[K]`; scale `[K]` and shift `[K]` (`affine`); residual, of y's shape.
   */
  Conv: ConvAttributes &
    Epilogue & { readonly bias: boolean; readonly affine: boolean; readonly residual: boolean };
  /** dx = convGradInput(dy, weight) + addend. Inputs: dy, weight, addend of dx's shape if `addend`. */
  ConvGradInput: ConvGradInputAttributes & { readonly addend: boolean };
  /** y = epilogue(normalized, residual). Inputs: those of the operator, then residual of y's shape if `residual`. */
  BatchNormalizationTraining: BatchNormalizationTrainingAttributes &
    Epilogue & { readonly residual: boolean };
  /**
   * The operator's gradient for prologue(dy, y) in the place of dy. Inputs: those of the operator, then y if the prologue has
   * an operand 1. Outputs: those of the operator, then the prologue's result if `emitsGradient`.
   */
  BatchNormalizationGrad: { readonly prologue?: Expression; readonly emitsGradient: boolean };
  /** The epilogue is linear in dx; its operand 1 is x. */
  MaxPoolGrad: MaxPoolAttributes & Epilogue;
  /** The epilogue is linear in dx. Inputs: dy, then operand 1 of the epilogue if it has one. */
  AveragePoolGrad: AveragePoolGradAttributes & Epilogue;
  /** y = epilogue(a b + c), a formula of one operand. */
  Gemm: GemmAttributes & Epilogue;
  /**
   * Batch normalization by running statistics as one multiplication and one addition. Inputs: scale, bias, mean, variance,
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
  readonly origin: Origin;
  readonly attributes: object;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** What profiles and printed plans call an instruction: its operator, those of the fused ones, or `Reorder`. */
export function instructionLabel({ kind, attributes }: Pick<Instruction, 'kind' | 'attributes'>): string {
  return 'operator' in attributes ? String(attributes.operator) : kind;
}
