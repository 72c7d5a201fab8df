// Means over axes.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { multiplyBy } from './arithmetic.ts';
import { broadcastPlaces } from './places.ts';
import { inferReduction, keptShape, type ReduceAttributes, spread } from './reduce-sum.ts';

/** Any shape -> the shape without `axes`, or with 1 in their place. */
export const ReduceMean: Operator<ReduceAttributes, [x: 'float32']> = {
  name: 'ReduceMean',

  infer: (inputs, attributes) => inferReduction('ReduceMean', inputs, attributes),

  compute({ inputs: [x], outputs: [y], attributes: { axes } }) {
    const sums = new Float64Array(y.data.length);
    broadcastPlaces(keptShape(x.shape, axes), x.shape).forEach((place, i) => {
      sums[place] += x.data[i];
    });
    y.data.set(sums.map((sum) => sum / averaged(x.shape, axes)));
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { axes } }) {
    return [spread(multiplyBy(dy, 1 / averaged(x.shape, axes)), x.shape, axes)];
  },
};

/** Mean of `x` over `axes`; without axes over all of them. */
export function reduceMean(x: Value, attributes: Partial<ReduceAttributes> = {}): Value {
  return x.graph.apply(ReduceMean, [x], {
    axes: x.shape.map((_, axis) => axis),
    keepDims: false,
    ...attributes,
  });
}

/** How many elements one mean is taken of. */
function averaged(shape: Shape, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]));
}
