// The same elements under another shape.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { check, checkCount } from './check.ts';

export type ReshapeAttributes = { readonly shape: Shape };

/** Any shape -> `shape`, of as many elements. */
export const Reshape: Operator<ReshapeAttributes, [x: 'float32']> = {
  name: 'Reshape',

  infer(inputs, { shape }) {
    checkCount('Reshape', inputs, 1);
    const [x] = inputs;
    check(
      'Reshape',
      sizeOf(x.shape) === sizeOf(shape),
      () =>
        `cannot lay the ${sizeOf(x.shape)} elements of ${formatShape(x.shape)} out as ${formatShape(shape)}.`,
    );
    return [{ shape, dtype: x.dtype }];
  },

  compute({ inputs: [x], outputs: [y] }) {
    y.data.set(x.data);
  },

  gradient: ({ inputs: [x], outputGradients: [dy] }) => [reshape(dy, x.shape)],

  /** An image laid out as a vector: whatever looks at the vector looks at the whole image. */
  window([x]) {
    const [height = 1, width = 1] = x.shape.slice(2);
    return { kernel: [height, width], strides: [1, 1], dilations: [1, 1] };
  },
};

/** `x` as `shape`; `x` itself if it has that shape already. */
export function reshape(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(Reshape, [x], { shape });
}

/** `[N, C, H, W]` -> `[N, C H W]`. */
export function flatten(x: Value): Value {
  const [images = 1, ...rest] = x.shape;
  return reshape(x, [images, sizeOf(rest)]);
}
