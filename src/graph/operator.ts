// What an operator declares of itself, so that no other code has to ask which operator it has before it.
import type { Shape } from '../tensor/shape.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import type { Value } from './graph.ts';

export interface ValueType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What one node computes with: tensors of the inferred types; `outputs` arrive filled with zeros. */
export interface Computation<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
}

/** What a gradient rule is given; `outputGradients[i]` is undefined where nothing depends on output i. */
export interface GradientRequest<A> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
  readonly outputGradients: readonly (Value | undefined)[];
  /** Which inputs need a gradient; a rule need not build the others. */
  readonly wanted: readonly boolean[];
}

/** Arithmetic of one node for the whole batch, in the two conventions of `summary`. */
export interface Cost {
  /** Multiply-adds of convolution and linear layers, without bias. */
  readonly macs?: number;
  /** Additions of a bias. */
  readonly biasAdds?: number;
  /** Multiplications and additions of a normalisation. */
  readonly normOps?: number;
  /** What Paddle's `flops` counts. */
  readonly paddleFlops?: number;
}

/** How the output positions of a spatial operator look at its input, as [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

/**
 * One operator of the network language: attributes, shape rule, reference computation, gradient and cost.
 * Methods get the attributes that the node was made with.
 */
export interface Operator<A extends object = object> {
  /** ONNX's name where ONNX has the operator. */
  readonly name: string;

  /**
   * Types of the outputs.
   * @throws ShapeError if the inputs or attributes do not fit
   */
  infer(inputs: readonly ValueType[], attributes: A): readonly ValueType[];

  /**
   * Fails if what a program is fed holds values that cannot be computed with, which types do not tell. Engines that do not
   * notice while they compute call it before a run.
   * @param fed tensors of the inputs that come from outside, undefined for the others
   */
  checkFed?(fed: readonly (Tensor | undefined)[], inputs: readonly ValueType[]): void;

  /** The formula, in plain loops: the oracle that every engine is tested against. */
  compute(computation: Computation<A>): void;

  /**
   * Gradients of the inputs, built from operators; undefined for an input that is not wanted or has none.
   * `null` declares that the operator is not differentiable.
   */
  readonly gradient: ((request: GradientRequest<A>) => readonly (Value | undefined)[]) | null;

  /** Arithmetic; left out where it is counted as nothing. */
  cost?(inputs: readonly ValueType[], outputs: readonly ValueType[], attributes: A): Cost;

  /** Left out where each output position sees just the input position it stands for. */
  window?(inputs: readonly ValueType[], attributes: A): Window;

  /**
   * The same function written in other operators, for engines that have no code for this one. The built-in operators
   * have code in every engine and leave it out.
   */
  expand?(inputs: readonly Value[], attributes: A): readonly Value[];
}
