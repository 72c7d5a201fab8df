// The graph input that gives random operators the seed and the step.
import type { Graph, Value } from '../graph/graph.ts';
import { type IntTensor, intTensor } from '../tensor/tensor.ts';

const inputName = 'random';

/** The input `random`, int32 `[3]`: low and high word of the seed, and the step. */
export function randomKey(graph: Graph): Value {
  return graph.inputs.get(inputName) ?? graph.input(inputName, { shape: [3], dtype: 'int32' }, 'random');
}

/** The value of the input `random` at a step. */
export function randomKeyTensor(seed: number, step: number): IntTensor {
  return intTensor([3], Int32Array.of(seed, Math.floor(seed / 2 ** 32), step));
}
