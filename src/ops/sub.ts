// Difference of two tensors, element by element.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { computeBroadcast, inferBroadcast } from './broadcast.ts';
import { multiplyBy } from './mul.ts';
import { reduceTo } from './reduce-sum.ts';

export type SubAttributes = Record<never, never>;

/** Two shapes that broadcast -> the broadcast shape. */
export const Sub: Operator<SubAttributes> = {
  name: 'Sub',
  infer: (inputs) => inferBroadcast('Sub', inputs),
  compute: (computation) => computeBroadcast(computation, (a, b) => a - b),
  gradient: ({ inputs: [a, b], outputGradients: [dy], wanted }) => [
    wanted[0] ? reduceTo(dy!, a.shape) : undefined,
    wanted[1] ? multiplyBy(reduceTo(dy!, b.shape), -1) : undefined,
  ],
};

/** a - b, broadcast where an extent is 1. */
export function sub(a: Value, b: Value): Value {
  return a.graph.apply(Sub, [a, b], {});
}
