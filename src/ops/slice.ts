// Part of a tensor: every step-th element from start up to, but not including, end, along each axis.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, type Shape, stridesOf } from '../tensor/shape.ts';
import { check, checkCount, checkFloats } from './check.ts';
import { places } from './places.ts';

/** One entry per axis; `0 <= start < end <= extent`, `step >= 1`. */
export type SliceAttributes = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
};
export type SliceGradAttributes = Omit<SliceAttributes, 'ends'> & { readonly inputShape: Shape };

/** Any shape -> the shape of the part, of the same rank. */
export const Slice: Operator<SliceAttributes, [x: 'float32']> = {
  name: 'Slice',

  infer(inputs, { starts, ends, steps }) {
    checkCount('Slice', inputs, 1);
    const { shape, dtype } = inputs[0];
    check(
      'Slice',
      [starts, ends, steps].every((list) => list.length === shape.length && list.every(Number.isInteger)) &&
        shape.every((extent, axis) => starts[axis] >= 0 && ends[axis] <= extent) &&
        starts.every((start, axis) => start < ends[axis] && steps[axis] >= 1),
      () =>
        `cannot cut starts ${formatShape(starts)}, ends ${formatShape(ends)}, steps ${formatShape(steps)} out of ` +
        `${formatShape(shape)}; each axis needs whole numbers with 0 <= start < end <= extent and step >= 1.`,
    );
    const part = starts.map((start, axis) => Math.ceil((ends[axis] - start) / steps[axis]));
    return [{ shape: part, dtype }];
  },

  compute({ inputs: [x], outputs: [y], attributes }) {
    placesOf(y.shape, x.shape, attributes).forEach((place, i) => {
      y.data[i] = x.data[place];
    });
  },

  gradient({ inputs: [x], outputGradients: [dy], attributes: { starts, steps } }) {
    return [dy.graph.apply(SliceGrad, [dy], { starts, steps, inputShape: x.shape })];
  },

  /** Taking every second pixel is a 1x1 window with stride 2. */
  window([x], { steps }) {
    const [rows = 1, columns = 1] = x.shape.length === 4 ? steps.slice(2) : [];
    return { kernel: [1, 1], strides: [rows, columns], dilations: [1, 1] };
  },
};

/** Gradient of `Slice`: the output gradient in its place in zeros of `inputShape`. */
export const SliceGrad: Operator<SliceGradAttributes, [dy: 'float32']> = {
  name: 'SliceGrad',

  infer(inputs, { starts, steps, inputShape }) {
    checkFloats('SliceGrad', inputs, 1);
    const { shape } = inputs[0];
    const sameRank = [shape, starts, steps].every((list) => list.length === inputShape.length);
    check(
      'SliceGrad',
      sameRank && shape.every((n, axis) => starts[axis] + (n - 1) * steps[axis] < inputShape[axis]),
      () =>
        `cannot place ${formatShape(shape)} from ${formatShape(starts)} in steps of ${formatShape(steps)} in ` +
        `${formatShape(inputShape)}; the last element must lie inside.`,
    );
    return [{ shape: inputShape, dtype: 'float32' }];
  },

  compute({ inputs: [dy], outputs: [dx], attributes }) {
    placesOf(dy.shape, dx.shape, attributes).forEach((place, i) => {
      dx.data[place] = dy.data[i];
    });
  },

  gradient: null,
};

/** Part of `x`; what is left out is taken whole. */
export function slice(x: Value, attributes: Partial<SliceAttributes>): Value {
  const starts = x.shape.map(() => 0);
  const steps = x.shape.map(() => 1);
  return x.graph.apply(Slice, [x], { starts, ends: x.shape, steps, ...attributes });
}

/** For each element of the part, the flat place in the whole. */
function placesOf(
  part: Shape,
  whole: Shape,
  { starts, steps }: Pick<SliceAttributes, 'starts' | 'steps'>,
): Uint32Array {
  const strides = stridesOf(whole);
  const first = strides.reduce((sum, stride, axis) => sum + stride * starts[axis], 0);
  const apart = strides.map((stride, axis) => stride * steps[axis]);
  return places(part, apart, first);
}
