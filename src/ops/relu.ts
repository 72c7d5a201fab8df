// Rectified linear unit: y = max(x, 0). Nair & Hinton 2010.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats, checkShape } from './check.ts';

export type ReluAttributes = Record<never, never>;

/** Any shape -> the same shape. */
export const Relu: Operator<ReluAttributes> = {
  name: 'Relu',

  infer(inputs) {
    checkFloats('Relu', inputs, 1);
    return [inputs[0]];
  },

  compute({ inputs: [x], outputs: [y] }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = Math.max(x.data[i], 0);
  },

  gradient({ outputs: [y], outputGradients: [dy] }) {
    return [dy!.graph.apply(ReluGrad, [dy!, y], {})];
  },
};

/** Gradient of `Relu`: output gradient and the output -> dy where y > 0, else 0. */
export const ReluGrad: Operator<ReluAttributes> = {
  name: 'ReluGrad',

  infer(inputs) {
    checkFloats('ReluGrad', inputs, 2);
    checkShape('ReluGrad', 'output', inputs[1], inputs[0].shape);
    return [inputs[0]];
  },

  compute({ inputs: [dy, y], outputs: [dx] }) {
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = y.data[i] > 0 ? dy.data[i] : 0;
  },

  gradient: null,
};

/** max(x, 0), element by element. */
export function relu(x: Value): Value {
  return x.graph.apply(Relu, [x], {});
}
