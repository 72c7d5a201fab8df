// Softmax: probabilities along an axis, y_i = exp(x_i) / sum over k of exp(x_k).
// The largest x is subtracted first, which does not change the result and prevents overflow.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, stridesOf } from '../tensor/shape.ts';
import { checkAxis, checkFloats, checkShape } from './check.ts';
import { stridedOffsets } from './offsets.ts';

export type SoftmaxAttributes = {
  /** Axis of the classes, from 0 (default: the last). */
  readonly axis: number;
};

/** Any shape -> the same shape. */
export const Softmax: Operator<SoftmaxAttributes, [x: 'float32']> = {
  name: 'Softmax',

  infer(inputs, { axis }) {
    checkFloats('Softmax', inputs, 1);
    checkAxis('Softmax', axis, inputs[0].shape);
    return [inputs[0]];
  },

  compute({ inputs: [x], outputs: [y], attributes: { axis } }) {
    forEachLine(x.shape, axis, (line) => {
      const largest = line.reduce((most, offset) => Math.max(most, x.data[offset]), Number.NEGATIVE_INFINITY);
      const powers = line.map((offset) => Math.exp(x.data[offset] - largest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      line.forEach((offset, i) => {
        y.data[offset] = powers[i] / total;
      });
    });
  },

  gradient({ outputs: [y], attributes, outputGradients: [dy] }) {
    return [dy.graph.apply(SoftmaxGrad, [dy, y], attributes)];
  },
};

/** Gradient of `Softmax`: output gradient and the output -> y_i (dy_i - sum over k of dy_k y_k). */
export const SoftmaxGrad: Operator<SoftmaxAttributes, [dy: 'float32', y: 'float32']> = {
  name: 'SoftmaxGrad',

  infer(inputs, { axis }) {
    checkFloats('SoftmaxGrad', inputs, 2);
    checkShape('SoftmaxGrad', 'output', inputs[1], inputs[0].shape);
    checkAxis('SoftmaxGrad', axis, inputs[0].shape);
    return [inputs[0]];
  },

  compute({ inputs: [dy, y], outputs: [dx], attributes: { axis } }) {
    forEachLine(y.shape, axis, (line) => {
      const mean = line.reduce((sum, offset) => sum + dy.data[offset] * y.data[offset], 0);
      for (const offset of line) dx.data[offset] = y.data[offset] * (dy.data[offset] - mean);
    });
  },

  gradient: null,
};

/**
 * Softmax of `x` along an axis; the result has the same shape and sums to 1 along the axis.
 * @param attributes `axis`, from 0 (default: the last)
 * @throws ShapeError if `x` lacks the axis
 */
export function softmax(x: Value, attributes: Partial<SoftmaxAttributes> = {}): Value {
  return x.graph.apply(Softmax, [x], { axis: x.shape.length - 1, ...attributes });
}

/** Calls `visit` with the offsets of each line of elements along `axis`. */
function forEachLine(shape: Shape, axis: number, visit: (line: readonly number[]) => void): void {
  const strides = stridesOf(shape);
  const others = (list: readonly number[]) => list.filter((_, other) => other !== axis);
  for (const start of stridedOffsets(others(shape), others(strides), 0)) {
    visit(Array.from({ length: shape[axis] }, (_, i) => start + i * strides[axis]));
  }
}
