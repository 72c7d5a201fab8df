// The graph input through which random operators learn the seed and the step.
import type { Graph, Value } from '../graph/graph.ts';
import { type IntTensor, intTensor } from '../tensor/tensor.ts';

const inputName = 'random';

/** int32 `[3]`: low word of the seed, high word of the seed, step. */
export function randomKey(graph: Graph): Value {
  return graph.inputs.get(inputName) ?? graph.input(inputName, { shape: [3], dtype: 'int32' }, 'random');
}

/** What to feed the input `random` with at one step. */
export function randomKeyTensor(seed: number, step: number): IntTensor {
  return intTensor([3], Int32Array.of(seed, Math.floor(seed / 2 ** 32), step));
}
