// Slicing: every step-th element from start up to, but not including, end, along each axis.
import type { Operator, Value } from '../graph/graph.ts';
import { formatShape, type Shape, stridesOf } from '../tensor/shape.ts';
import { check, checkCount, checkFloats } from './check.ts';
import { stridedOffsets } from './offsets.ts';

/** One entry per axis; `0 <= start < end <= extent`, `step >= 1`. */
export type SliceAttributes = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
};
export type SliceGradAttributes = Omit<SliceAttributes, 'ends'> & { readonly inputShape: Shape };

/** Any shape -> the shape of the slice, of the same rank. */
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
        `cannot take starts ${formatShape(starts)}, ends ${formatShape(ends)}, steps ${formatShape(steps)} of ` +
        `${formatShape(shape)}; expected integers with 0 <= start < end <= extent and step >= 1 for each axis.`,
    );
    const sliced = starts.map((start, axis) => Math.ceil((ends[axis] - start) / steps[axis]));
    return [{ shape: sliced, dtype }];
  },

  compute({ inputs: [x], outputs: [y], attributes }) {
    sliceOffsets(y.shape, x.shape, attributes).forEach((offset, i) => {
      y.data[i] = x.data[offset];
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

/** Gradient of `Slice`: zeros of `inputShape` with the output gradient at the sliced elements. */
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
        `${formatShape(inputShape)}; the last element lies outside.`,
    );
    return [{ shape: inputShape, dtype: 'float32' }];
  },

  compute({ inputs: [dy], outputs: [dx], attributes }) {
    sliceOffsets(dy.shape, dx.shape, attributes).forEach((offset, i) => {
      dx.data[offset] = dy.data[i];
    });
  },

  gradient: null,
};

/**
 * Slices `x`; an omitted attribute keeps the whole extent.
 * @param attributes `starts` (default: 0), `ends`, exclusive (default: the extent), `steps` (default: 1), one
 *   entry per axis
 * @throws ShapeError unless 0 <= start < end <= extent and step >= 1 for each axis
 */
export function slice(x: Value, attributes: Partial<SliceAttributes>): Value {
  const starts = x.shape.map(() => 0);
  const steps = x.shape.map(() => 1);
  return x.graph.apply(Slice, [x], { starts, ends: x.shape, steps, ...attributes });
}

/** For each element of a slice of shape `sliced`, its offset in the tensor of shape `shape`. */
function sliceOffsets(
  sliced: Shape,
  shape: Shape,
  { starts, steps }: Pick<SliceAttributes, 'starts' | 'steps'>,
): Uint32Array {
  const strides = stridesOf(shape);
  const first = strides.reduce((sum, stride, axis) => sum + stride * starts[axis], 0);
  const steppedStrides = strides.map((stride, axis) => stride * steps[axis]);
  return stridedOffsets(sliced, steppedStrides, first);
}
