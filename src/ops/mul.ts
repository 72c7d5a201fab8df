// Product of two tensors, element by element.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { scalar } from '../tensor/tensor.ts';
import { computeBroadcast, inferBroadcast } from './broadcast.ts';
import { reduceTo } from './reduce-sum.ts';

export type MulAttributes = Record<never, never>;

/** Two shapes that broadcast -> the broadcast shape. */
export const Mul: Operator<MulAttributes> = {
  name: 'Mul',
  infer: (inputs) => inferBroadcast('Mul', inputs),
  compute: (computation) => computeBroadcast(computation, (a, b) => a * b),
  gradient: ({ inputs: [a, b], outputGradients: [dy], wanted }) => [
    wanted[0] ? reduceTo(mul(dy!, b), a.shape) : undefined,
    wanted[1] ? reduceTo(mul(dy!, a), b.shape) : undefined,
  ],
};

/** a b, broadcast where an extent is 1. */
export function mul(a: Value, b: Value): Value {
  return a.graph.apply(Mul, [a, b], {});
}

/** `x` times a constant. */
export function multiplyBy(x: Value, factor: number): Value {
  return mul(x, x.graph.constant(scalar(factor)));
}
