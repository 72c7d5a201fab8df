// Sums over axes, and repetition along axes of extent 1: each is the gradient of the other.
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { broadcastShapes, formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import { check, checkCount, checkFloats } from './check.ts';
import { broadcastPlaces } from './places.ts';
import { reshape } from './reshape.ts';

export type ReduceAttributes = {
  /** Axes to reduce, from 0, in rising order. */
  readonly axes: readonly number[];
  /** Whether a reduced axis stays, with extent 1. */
  readonly keepDims: boolean;
};

/** Any shape -> the shape without `axes`, or with 1 in their place. */
export const ReduceSum: Operator<ReduceAttributes, [x: 'float32']> = {
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
    return [spread(dy, x.shape, axes)];
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
    return [reduceTo(dy, x.shape)];
  },
};

/** `x` repeated to `shape`; `x` itself if it has that shape already. */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(Expand, [x], { shape });
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
): readonly [ValueType] {
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
