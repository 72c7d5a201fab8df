// Types that describe values and operators: tensor types, operands, cost, windows.
import type { Shape } from '../tensor/shape.ts';
import type { DType, TensorOf } from '../tensor/tensor.ts';

/** Training graphs use batch statistics and dropout and may update variables; inference graphs do neither. */
export type Mode = 'training' | 'inference';

/** Source of an input at each run: the data, the training schedule, or the random state. */
export type InputRole = 'batch' | 'hyperparameter' | 'random';

/** A named float32 tensor that an engine stores across runs. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** Trained weights, running statistics of the network, or optimizer state. */
  readonly role: 'parameter' | 'buffer' | 'optimizer';
}

/** The layer and the phase of a training step that a node belongs to. */
export interface Origin {
  /** Name of the layer, the name of its forward node; of an update, the layer that holds the variable. */
  readonly layer: string;
  /** `gradients`: input and weight gradients in one node. */
  readonly phase: 'forward' | 'input gradient' | 'weight gradient' | 'gradients' | 'update';
}

/** Shape and dtype of a tensor. */
export interface ValueType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** An operator's operands as a tuple of dtypes, labeled with their names: `[x: 'float32', bias?: 'float32']`. */
export type Operands = readonly (DType | undefined)[];

export type TypesOf<O extends Operands> = { readonly [K in keyof O]: ValueType };

export type TensorsOf<O extends Operands> = { readonly [K in keyof O]: TensorWith<O[K]> };

type TensorWith<D> = D extends DType ? TensorOf<D> : never;

/** Arguments of a reference computation: tensors of the inferred types; `outputs` are filled with zeros. */
export interface Computation<A, I extends Operands, O extends Operands> {
  readonly inputs: TensorsOf<I>;
  readonly outputs: TensorsOf<O>;
  readonly attributes: A;
}

/** Arithmetic operations of one node for the whole batch, in the two conventions of `summary`. */
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

/** The window of input positions that an output position of a spatial operator depends on, as [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}
