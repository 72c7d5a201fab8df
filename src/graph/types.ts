// What values and operators are described with: types of tensors, lists of operands, arithmetic, windows.
import type { Shape } from '../tensor/shape.ts';
import type { DType, TensorOf } from '../tensor/tensor.ts';

/** Training graphs use batch statistics and dropout, and may change their variables; inference graphs do neither. */
export type Mode = 'training' | 'inference';

/** Who supplies an input at each run: the data, the training schedule, or the random state. */
export type InputRole = 'batch' | 'hyperparameter' | 'random';

/** A named float tensor that lives in an engine from run to run. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** Learned by gradient descent, kept by the network (running statistics), or kept by the optimizer. */
  readonly role: 'parameter' | 'buffer' | 'optimizer';
}

/** What a node is there for. */
export interface Origin {
  /** The layer of the model, as forward nodes are named; of an update the variable that it updates. */
  readonly layer: string;
  /** `gradients` are those of inputs and weights in one. */
  readonly phase: 'forward' | 'input gradient' | 'weight gradient' | 'gradients' | 'update';
}

export interface ValueType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An operator's operands as a tuple of dtypes, labelled with their names: `[x: 'float32', bias?: 'float32']`. */
export type Operands = readonly (DType | undefined)[];

export type TypesOf<O extends Operands> = { readonly [K in keyof O]: ValueType };

export type TensorsOf<O extends Operands> = { readonly [K in keyof O]: TensorWith<O[K]> };

type TensorWith<D> = D extends DType ? TensorOf<D> : never;

/** What one node computes with: tensors of the inferred types; `outputs` arrive filled with zeros. */
export interface Computation<A, I extends Operands, O extends Operands> {
  readonly inputs: TensorsOf<I>;
  readonly outputs: TensorsOf<O>;
  readonly attributes: A;
}

/** Arithmetic of one node for the whole batch, in the two conventions of `summary`. */
export interface Cost {
  /** Multiply-adds of convolution and linear layers, without bias. */
  readonly macs?: number;
  /** Additions of a bias. */
  readonly biasAdds?: number;
  /** Multiplications and additions of a normalization. */
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
