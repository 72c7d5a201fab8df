// Sum over axes, and broadcasting to a larger shape: each is the gradient of the other.
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { broadcastShapes, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { check, checkCount, checkFloats } from './check.ts';
import { broadcastOffsets } from './offsets.ts';
import { reshape } from './reshape.ts';

export type ReduceAttributes = {
  /** Axes to reduce, from 0, in ascending order (default: all). */
  readonly axes: readonly number[];
  /** Whether reduced axes are kept with extent 1 (default: false). */
  readonly keepDims: boolean;
};

/** Any shape -> the shape without `axes`, or with extent 1 there. */
export const ReduceSum: Operator<ReduceAttributes, [x: 'float32']> = {
  name: 'ReduceSum',

  infer: (inputs, attributes) => inferReduction('ReduceSum', inputs, attributes),

  compute({ inputs: [x], outputs: [y], attributes: { axes } }) {
    const offsets = broadcastOffsets(keptShape(x.shape, axes), x.shape);
    const sums = new Float64Array(y.data.length);
    offsets.forEach((offset, i) => {
      sums[offset] += x.data[i];
    });
    y.data.set(sums);
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { axes } }) {
    return [broadcastBack(dy, x.shape, axes)];
  },
};

/**
 * Sum of `x` over axes.
 * @param attributes `axes`: from 0, in ascending order (default: all); `keepDims`: keep reduced axes with
 *   extent 1 (default: false)
 * @throws ShapeError if `x` lacks an axis
 */
export function reduceSum(x: Value, attributes: Partial<ReduceAttributes> = {}): Value {
  return x.graph.apply(ReduceSum, [x], {
    axes: x.shape.map((_, axis) => axis),
    keepDims: false,
    ...attributes,
  });
}

export type ExpandAttributes = { readonly shape: Shape };

/** A shape that broadcasts to `shape` -> `shape`. */
export const Expand: Operator<ExpandAttributes, [x: 'float32']> = {
  name: 'Expand',

  infer(inputs, { shape }) {
    checkCount('Expand', inputs, 1);
    check(
      'Expand',
      sameShape(broadcastShapes(inputs[0].shape, shape), shape),
      () =>
        `cannot expand ${formatShape(inputs[0].shape)} to ${formatShape(shape)}; only axes of extent 1 can grow.`,
    );
    return [{ shape, dtype: inputs[0].dtype }];
  },

  compute({ inputs: [x], outputs: [y] }) {
    broadcastOffsets(x.shape, y.shape).forEach((offset, i) => {
      y.data[i] = x.data[offset];
    });
  },

  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [reduceTo(dy, x.shape)];
  },
};

/**
 * Broadcasts `x` to `shape`; returns `x` itself if it has that shape.
 * @throws ShapeError if `x` does not broadcast to `shape`
 */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(Expand, [x], { shape });
}

/** Broadcasts a reduced value back to `shape` along the reduced axes: the gradient of a sum. */
export function broadcastBack(reduced: Value, shape: Shape, axes: readonly number[]): Value {
  return expand(reshape(reduced, keptShape(shape, axes)), shape);
}

/** Sums `x` over the axes along which a tensor of `shape` was broadcast: the gradient of broadcasting. */
export function reduceTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const leading = x.shape.length - shape.length;
  const axes = x.shape.flatMap((extent, axis) => {
    const isBroadcast = axis < leading || (shape[axis - leading] === 1 && extent !== 1);
    return isBroadcast ? [axis] : [];
  });
  return reshape(reduceSum(x, { axes, keepDims: false }), shape);
}

/** `shape` with extent 1 for every reduced axis. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

/** Shape rule of the reductions. */
export function inferReduction(
  operator: string,
  inputs: readonly ValueType[],
  { axes, keepDims }: ReduceAttributes,
): readonly [ValueType] {
  checkFloats(operator, inputs, 1);
  const { shape } = inputs[0];
  check(
    operator,
    axes.every((axis, i) => Number.isInteger(axis) && axis > (axes[i - 1] ?? -1) && axis < shape.length),
    () =>
      `cannot reduce axes ${formatShape(axes)} of shape ${formatShape(shape)}; expected axes of the ` +
      'shape, counted from 0, in ascending order.',
  );
  const reduced = keepDims ? keptShape(shape, axes) : shape.filter((_, axis) => !axes.includes(axis));
  return [{ shape: reduced, dtype: 'float32' }];
}
