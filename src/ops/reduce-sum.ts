// Sums over axes. Summing and repeating (`Expand`) are each other's gradient.
import type { Value } from '../graph/graph.ts';
import type { Operator, ValueType } from '../graph/operator.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { check, checkFloats } from './check.ts';
import { expand } from './expand.ts';
import { broadcastPlaces } from './places.ts';
import { reshape } from './reshape.ts';

export type ReduceAttributes = {
  /** Axes to reduce, from 0, in rising order. */
  readonly axes: readonly number[];
  /** Whether a reduced axis stays, with extent 1. */
  readonly keepDims: boolean;
};

/** Any shape -> the shape without `axes`, or with 1 in their place. */
export const ReduceSum: Operator<ReduceAttributes> = {
  name: 'ReduceSum',

  infer: (inputs, attributes) => inferReduction('ReduceSum', inputs, attributes),

  compute({ inputs: [x], outputs: [y], attributes: { axes } }) {
    const places = broadcastPlaces(keptShape(x.shape, axes), x.shape);
    const sums = new Float64Array(y.data.length);
    places.forEach((place, i) => {
      sums[place] += x.data[i];
    });
    y.data.set(sums);
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { axes } }) {
    return [spread(dy!, x.shape, axes)];
  },
};

/** Sum of `x` over `axes`; without axes over all of them. */
export function reduceSum(x: Value, attributes: Partial<ReduceAttributes> = {}): Value {
  return x.graph.apply(ReduceSum, [x], {
    axes: x.shape.map((_, axis) => axis),
    keepDims: false,
    ...attributes,
  });
}

/** Repeats a reduced value along the reduced axes until it has `shape` again: the gradient of a sum. */
export function spread(reduced: Value, shape: Shape, axes: readonly number[]): Value {
  return expand(reshape(reduced, keptShape(shape, axes)), shape);
}

/** Sums `x` over the axes along which a tensor of `shape` was repeated: the gradient of broadcasting. */
export function reduceTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const leading = x.shape.length - shape.length;
  const axes = x.shape.flatMap((extent, axis) => {
    const repeated = axis < leading || (shape[axis - leading] === 1 && extent !== 1);
    return repeated ? [axis] : [];
  });
  return reshape(reduceSum(x, { axes, keepDims: false }), shape);
}

/** `shape` with 1 in place of every reduced axis. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

export function inferReduction(
  operator: string,
  inputs: readonly ValueType[],
  { axes, keepDims }: ReduceAttributes,
): readonly ValueType[] {
  checkFloats(operator, inputs, 1);
  const { shape } = inputs[0];
  check(
    operator,
    axes.every((axis, i) => Number.isInteger(axis) && axis > (axes[i - 1] ?? -1) && axis < shape.length),
    () =>
      `cannot reduce axes ${formatShape(axes)} of shape ${formatShape(shape)}; name axes from 0 in rising order.`,
  );
  const reduced = keepDims ? keptShape(shape, axes) : shape.filter((_, axis) => !axes.includes(axis));
  return [{ shape: reduced, dtype: 'float32' }];
}
