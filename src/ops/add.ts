// Sum of two tensors: the shortcut of a residual block, and how gradients that meet are joined.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { computeBroadcast, inferBroadcast } from './broadcast.ts';
import { reduceTo } from './reduce-sum.ts';

export type AddAttributes = Record<never, never>;

/** Two shapes that broadcast -> the broadcast shape. */
export const Add: Operator<AddAttributes> = {
  name: 'Add',
  infer: (inputs) => inferBroadcast('Add', inputs),
  compute: (computation) => computeBroadcast(computation, (a, b) => a + b),
  gradient: ({ inputs: [a, b], outputGradients: [dy], wanted }) => [
    wanted[0] ? reduceTo(dy!, a.shape) : undefined,
    wanted[1] ? reduceTo(dy!, b.shape) : undefined,
  ],
};

/** a + b, broadcast where an extent is 1. */
export function add(a: Value, b: Value): Value {
  return a.graph.apply(Add, [a, b], {});
}
