// Softmax: positive numbers that add up to 1 along an axis, y_i = exp(x_i) / sum over k of exp(x_k).
// The largest x is taken from all of them first, which changes nothing but keeps exp from overflowing.
import type { Operator, Value } from '../graph/graph.ts';
import { type Shape, stridesOf } from '../tensor/shape.ts';
import { checkAxis, checkFloats, checkShape } from './check.ts';
import { places } from './places.ts';

export type SoftmaxAttributes = {
  /** The axis of the classes, from 0. */
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
      const largest = line.reduce((most, at) => Math.max(most, x.data[at]), Number.NEGATIVE_INFINITY);
      const powers = line.map((at) => Math.exp(x.data[at] - largest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      line.forEach((at, i) => {
        y.data[at] = powers[i] / total;
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
      const mean = line.reduce((sum, at) => sum + dy.data[at] * y.data[at], 0);
      for (const at of line) dx.data[at] = y.data[at] * (dy.data[at] - mean);
    });
  },

  gradient: null,
};

/** Probabilities along an axis of `x`, the last one unless given. */
export function softmax(x: Value, attributes: Partial<SoftmaxAttributes> = {}): Value {
  return x.graph.apply(Softmax, [x], { axis: x.shape.length - 1, ...attributes });
}

/** Calls `visit` with the flat places of each line of elements along `axis`. */
function forEachLine(shape: Shape, axis: number, visit: (line: readonly number[]) => void): void {
  const strides = stridesOf(shape);
  const others = (list: readonly number[]) => list.filter((_, other) => other !== axis);
  for (const start of places(others(shape), others(strides), 0)) {
    visit(Array.from({ length: shape[axis] }, (_, i) => start + i * strides[axis]));
  }
}
