// Evaluates graphs with the operators' own computations in 64-bit numbers, and gradients by differences.

import { internal } from '../src/base/errors.ts';
import { liveNodes, type Value } from '../src/graph/graph.ts';
import type { ValueType } from '../src/graph/types.ts';
import { sizeOf } from '../src/tensor/shape.ts';
import type { Tensor } from '../src/tensor/tensor.ts';

/** Computations only read and write elements, so an array of 64-bit numbers can stand in for one of 32. */
function doubles({ shape, dtype }: ValueType, data?: ArrayLike<number>): Tensor {
  if (dtype === 'int32')
    return { shape, dtype, data: Int32Array.from(data ?? new Int32Array(sizeOf(shape))) };
  const array = data ? Float64Array.from(data) : new Float64Array(sizeOf(shape));
  return { shape, dtype, data: array as unknown as Float32Array };
}

/** The tensors of `roots`, in 64-bit numbers. */
export function evaluateInDoubles(
  roots: readonly Value[],
  feeds: ReadonlyMap<Value, ArrayLike<number>>,
): Tensor[] {
  const known = new Map([...feeds].map(([value, data]) => [value, doubles(value, data)]));
  const tensorOf = (value: Value): Tensor => {
    const tensor = value.source.kind === 'constant' ? value.source.tensor : known.get(value);
    if (!tensor) throw internal(`${value.name} is used before it is computed`);
    return tensor;
  };
  for (const { operator, attributes, inputs, outputs } of liveNodes(roots[0].graph.nodes, roots)) {
    const results = outputs.map((output) => doubles(output));
    operator.compute({ inputs: inputs.map(tensorOf), outputs: results, attributes });
    outputs.forEach((output, i) => {
      known.set(output, results[i]);
    });
  }
  return roots.map(tensorOf);
}

/** Central differences of `loss` along elements `places` of one of the fed values. */
export function differences(
  loss: Value,
  feeds: ReadonlyMap<Value, ArrayLike<number>>,
  target: Value,
  places: readonly number[],
): number[] {
  const step = 1e-5;
  const lossWith = (place: number, change: number) => {
    const moved = Float64Array.from(feeds.get(target)!);
    moved[place] += change;
    return evaluateInDoubles([loss], new Map(feeds).set(target, moved))[0].data[0];
  };
  return places.map((place) => (lossWith(place, step) - lossWith(place, -step)) / (2 * step));
}
