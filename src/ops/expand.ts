// Repeating a tensor along axes of extent 1.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { broadcastShapes, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { check, checkCount } from './check.ts';
import { broadcastPlaces } from './places.ts';
import { reduceTo } from './reduce-sum.ts';

export type ExpandAttributes = { readonly shape: Shape };

/** A shape that broadcasts to `shape` -> `shape`. */
export const Expand: Operator<ExpandAttributes> = {
  name: 'Expand',

  infer(inputs, { shape }) {
    checkCount('Expand', inputs, 1);
    check(
      'Expand',
      sameShape(broadcastShapes(inputs[0].shape, shape), shape),
      () =>
        `cannot repeat ${formatShape(inputs[0].shape)} to ${formatShape(shape)}; only axes of extent 1 repeat.`,
    );
    return [{ shape, dtype: inputs[0].dtype }];
  },

  compute({ inputs: [x], outputs: [y] }) {
    broadcastPlaces(x.shape, y.shape).forEach((place, i) => {
      y.data[i] = x.data[place];
    });
  },

  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [reduceTo(dy!, x.shape)];
  },
};

/** `x` repeated to `shape`; `x` itself if it has that shape already. */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(Expand, [x], { shape });
}
