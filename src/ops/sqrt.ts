// Square root, element by element.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats } from './check.ts';
import { div } from './div.ts';
import { multiplyBy } from './mul.ts';

export type SqrtAttributes = Record<never, never>;

/** Any shape -> the same shape. */
export const Sqrt: Operator<SqrtAttributes> = {
  name: 'Sqrt',

  infer(inputs) {
    checkFloats('Sqrt', inputs, 1);
    return [inputs[0]];
  },

  compute({ inputs: [x], outputs: [y] }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = Math.sqrt(x.data[i]);
  },

  gradient: ({ outputs: [y], outputGradients: [dy] }) => [div(multiplyBy(dy!, 0.5), y)],
};

/** Square roots; of a number below 0 it is no number. */
export function sqrt(x: Value): Value {
  return x.graph.apply(Sqrt, [x], {});
}
