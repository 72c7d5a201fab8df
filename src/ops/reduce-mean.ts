// Mean over axes.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { multiplyBy } from './arithmetic.ts';
import { broadcastOffsets } from './offsets.ts';
import { broadcastBack, inferReduction, keptShape, type ReduceAttributes } from './reduce-sum.ts';

/** Any shape -> the shape without `axes`, or with extent 1 there. */
export const ReduceMean: Operator<ReduceAttributes, [x: 'float32']> = {
  name: 'ReduceMean',

  infer: (inputs, attributes) => inferReduction('ReduceMean', inputs, attributes),

  compute({ inputs: [x], outputs: [y], attributes: { axes } }) {
    const sums = new Float64Array(y.data.length);
    broadcastOffsets(keptShape(x.shape, axes), x.shape).forEach((offset, i) => {
      sums[offset] += x.data[i];
    });
    y.data.set(sums.map((sum) => sum / averagedCount(x.shape, axes)));
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { axes } }) {
    return [broadcastBack(multiplyBy(dy, 1 / averagedCount(x.shape, axes)), x.shape, axes)];
  },
};

/**
 * Mean of `x` over axes.
 * @param attributes `axes`: from 0, in ascending order (default: all); `keepDims`: keep reduced axes with
 *   extent 1 (default: false)
 * @throws ShapeError if `x` lacks an axis
 */
export function reduceMean(x: Value, attributes: Partial<ReduceAttributes> = {}): Value {
  return x.graph.apply(ReduceMean, [x], {
    axes: x.shape.map((_, axis) => axis),
    keepDims: false,
    ...attributes,
  });
}

/** Number of elements in each mean. */
function averagedCount(shape: Shape, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]));
}
