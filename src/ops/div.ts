// Quotient of two tensors, element by element.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { computeBroadcast, inferBroadcast } from './broadcast.ts';
import { mul, multiplyBy } from './mul.ts';
import { reduceTo } from './reduce-sum.ts';

export type DivAttributes = Record<never, never>;

/** Two shapes that broadcast -> the broadcast shape. */
export const Div: Operator<DivAttributes> = {
  name: 'Div',
  infer: (inputs) => inferBroadcast('Div', inputs),
  compute: (computation) => computeBroadcast(computation, (a, b) => a / b),
  gradient: ({ inputs: [a, b], outputs: [y], outputGradients: [dy], wanted }) => [
    wanted[0] ? reduceTo(div(dy!, b), a.shape) : undefined,
    wanted[1] ? multiplyBy(reduceTo(div(mul(dy!, y), b), b.shape), -1) : undefined,
  ],
};

/** a / b, broadcast where an extent is 1. */
export function div(a: Value, b: Value): Value {
  return a.graph.apply(Div, [a, b], {});
}
