// The same elements in another shape.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { check, checkCount } from './check.ts';

export type ReshapeAttributes = { readonly shape: Shape };

/** Any shape -> `shape`, with the same number of elements. */
export const Reshape: Operator<ReshapeAttributes, [x: 'float32']> = {
  name: 'Reshape',

  infer(inputs, { shape }) {
    checkCount('Reshape', inputs, 1);
    const [x] = inputs;
    check(
      'Reshape',
      sizeOf(x.shape) === sizeOf(shape),
      () =>
        `cannot reshape the ${sizeOf(x.shape)} elements of ${formatShape(x.shape)} to ${formatShape(shape)}.`,
    );
    return [{ shape, dtype: x.dtype }];
  },

  compute({ inputs: [x], outputs: [y] }) {
    y.data.set(x.data);
  },

  gradient: ({ inputs: [x], outputGradients: [dy] }) => [reshape(dy, x.shape)],

  /** An image flattened to a vector: the receptive field of each element of the vector is the whole image. */
  window([x]) {
    const [height = 1, width = 1] = x.shape.slice(2);
    return { kernel: [height, width], strides: [1, 1], dilations: [1, 1] };
  },
};

/**
 * Reshapes `x` to `shape`; returns `x` itself if it has that shape.
 * @throws ShapeError if the number of elements differs
 */
export function reshape(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(Reshape, [x], { shape });
}

/** Flattens every axis but the first: `[N, C, H, W]` -> `[N, C H W]`. */
export function flatten(x: Value): Value {
  const [images = 1, ...rest] = x.shape;
  return reshape(x, [images, sizeOf(rest)]);
}
