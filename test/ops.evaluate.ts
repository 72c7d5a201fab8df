// Evaluates graphs with the reference computations in 64 bits, and gradients by finite differences.
import { internal } from '../src/base/errors.ts';
import { liveNodes, type Value } from '../src/graph/graph.ts';
import type { ValueType } from '../src/graph/types.ts';
import { sizeOf } from '../src/tensor/shape.ts';
import type { Tensor } from '../src/tensor/tensor.ts';

/** A float tensor with 64-bit elements, which operators accept because they only read and write elements. */
function doubles({ shape, dtype }: ValueType, data?: ArrayLike<number>): Tensor {
  if (dtype === 'int32')
    return { shape, dtype, data: Int32Array.from(data ?? new Int32Array(sizeOf(shape))) };
  const array = data ? Float64Array.from(data) : new Float64Array(sizeOf(shape));
  return { shape, dtype, data: array as unknown as Float32Array };
}

/** The tensors of `roots`, computed in 64 bits. */
export function evaluateInDoubles(
  roots: readonly Value[],
  feeds: ReadonlyMap<Value, ArrayLike<number>>,
): Tensor[] {
  const known = new Map([...feeds].map(([value, data]) => [value, doubles(value, data)]));
  const lookUp = (value: Value): Tensor => {
    const tensor = value.source.kind === 'constant' ? value.source.tensor : known.get(value);
    if (!tensor) throw internal(`${value.name} is used before it is computed`);
    return tensor;
  };
  for (const { operator, attributes, inputs, outputs } of liveNodes(roots[0].graph.nodes, roots)) {
    const results = outputs.map((output) => doubles(output));
    operator.compute({ inputs: inputs.map(lookUp), outputs: results, attributes });
    outputs.forEach((output, i) => {
      known.set(output, results[i]);
    });
  }
  return roots.map(lookUp);
}

/** Central differences of `loss` with respect to the elements of `target` at `indices`. */
export function differences(
  loss: Value,
  feeds: ReadonlyMap<Value, ArrayLike<number>>,
  target: Value,
  indices: readonly number[],
): number[] {
  const step = 1e-5;
  const lossWith = (index: number, change: number) => {
    const moved = Float64Array.from(feeds.get(target)!);
    moved[index] += change;
    return evaluateInDoubles([loss], new Map(feeds).set(target, moved))[0].data[0];
  };
  return indices.map((index) => (lossWith(index, step) - lossWith(index, -step)) / (2 * step));
}
