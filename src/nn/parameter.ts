// A tensor that a module owns: a weight that is learned, or a buffer such as a running mean.
import type { Variable } from '../graph/types.ts';
import type { RandomStream } from '../tensor/random.ts';
import type { Shape } from '../tensor/shape.ts';

/** How many inputs feed one output of a layer, and how many outputs one input feeds, of all groups together as in PyTorch. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
  /** 1 but for convolutions whose channels are split. */
  readonly groups: number;
}

/**
 * How a parameter starts: a constant; a place in a layer, for which the model's init scheme has a distribution; or a
 * function of a random stream and the element's index.
 */
export type Initial =
  | number
  | (Fans & { readonly kind: 'convolution' | 'linear' | 'bias' })
  | ((stream: RandomStream, index: number) => number);

export interface ParameterOptions {
  /** `parameter` (learned, the default) or `buffer` (kept by the network, not learned). */
  readonly role?: 'parameter' | 'buffer';
}

/** Put it in a field of a module; the field gives it its name. */
export class Parameter implements Variable {
  /** Path from the root module, dotted: `layer1.0.conv1.weight`. Set when the modules are walked. */
  name = '';
  readonly shape: Shape;
  readonly initial: Initial;
  readonly role: 'parameter' | 'buffer';
  /** Set to false to freeze the parameter: training leaves it as it is. */
  trainable: boolean;

  constructor(shape: Shape, initial: Initial, { role = 'parameter' }: ParameterOptions = {}) {
    this.shape = shape;
    this.initial = initial;
    this.role = role;
    this.trainable = role === 'parameter';
  }
}
