// Parameters: tensors that a module owns, trained or (as buffers) not.
import type { Variable } from '../graph/types.ts';
import type { RandomStream } from '../tensor/random.ts';
import type { Shape } from '../tensor/shape.ts';

/** Number of inputs of one output of a layer, and number of outputs of one input (of all groups together, as in PyTorch). */
export interface Fans {
  /** Inputs of one output. */
  readonly fanIn: number;
  /** Outputs of one input, of all groups together. */
  readonly fanOut: number;
  /** Groups of a convolution; 1 for other layers. */
  readonly groups: number;
}

/**
 * Initial value of a parameter: a constant; its kind of layer, for which the model's initializer has a distribution; or a
 * function of a random stream and the element's index.
 */
export type Initial =
  | number
  | (Fans & { readonly kind: 'convolution' | 'linear' | 'bias' })
  | ((stream: RandomStream, index: number) => number);

/** Options of `Parameter`. */
export interface ParameterOptions {
  /** `parameter` (trained; the default) or `buffer` (such as running statistics). */
  readonly role?: 'parameter' | 'buffer';
}

/**
 * A tensor that a module owns, like PyTorch's `nn.Parameter`. It is named after the field that holds it.
 * @example
 * scale = new Parameter([16], 1);
 */
export class Parameter implements Variable {
  /** Dotted path from the root module, such as `layer1.0.conv1.weight`; set by `namedParameters`. */
  name = '';
  /** Shape of the tensor. */
  readonly shape: Shape;
  /** How `initialize` fills it. */
  readonly initial: Initial;
  readonly role: 'parameter' | 'buffer';
  /** Whether training changes it; set to false to freeze it. */
  trainable: boolean;

  constructor(shape: Shape, initial: Initial, { role = 'parameter' }: ParameterOptions = {}) {
    this.shape = shape;
    this.initial = initial;
    this.role = role;
    this.trainable = role === 'parameter';
  }
}
