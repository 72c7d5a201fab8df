// Logistic sigmoid: y = 1 / (1 + exp(-x)), with derivative y (1 - y).
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats, checkShape } from './check.ts';

export type SigmoidAttributes = Record<never, never>;

/** Any shape -> the same shape. */
export const Sigmoid: Operator<SigmoidAttributes> = {
  name: 'Sigmoid',

  infer(inputs) {
    checkFloats('Sigmoid', inputs, 1);
    return [inputs[0]];
  },

  compute({ inputs: [x], outputs: [y] }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = logistic(x.data[i]);
  },

  gradient({ outputs: [y], outputGradients: [dy] }) {
    return [dy!.graph.apply(SigmoidGrad, [dy!, y], {})];
  },
};

/** Gradient of `Sigmoid`: output gradient and the output -> dy y (1 - y). */
export const SigmoidGrad: Operator<SigmoidAttributes> = {
  name: 'SigmoidGrad',

  infer(inputs) {
    checkFloats('SigmoidGrad', inputs, 2);
    checkShape('SigmoidGrad', 'output', inputs[1], inputs[0].shape);
    return [inputs[0]];
  },

  compute({ inputs: [dy, y], outputs: [dx] }) {
    for (let i = 0; i < dx.data.length; i++) {
      dx.data[i] = dy.data[i] * y.data[i] * (1 - y.data[i]);
    }
  },

  gradient: null,
};

/** 1 / (1 + exp(-x)), element by element. */
export function sigmoid(x: Value): Value {
  return x.graph.apply(Sigmoid, [x], {});
}

/** The sigmoid of one number; exp only sees numbers up to 0, so nothing overflows. */
export function logistic(x: number): number {
  const small = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}
