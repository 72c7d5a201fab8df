// Runs operators by their own computations, without an engine, and checks their gradients by differences.

import { internal } from '../base/errors.ts';
import { anyOperator, Graph, nodesBehind, type Operator, type Value } from '../graph/graph.ts';
import type { Operands } from '../graph/types.ts';
import { RandomStream } from '../tensor/random.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type Tensor, zeros } from '../tensor/tensor.ts';

/** The outputs of one operator. */
export function run<A extends object, I extends Operands, O extends Operands>(
  operator: Operator<A, I, O>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor[] {
  const any = anyOperator(operator);
  const outputs = any
    .infer(inputs, attributes)
    .map(({ shape, dtype }): Tensor => (dtype === 'float32' ? zeros(shape) : zeros(shape, dtype)));
  any.compute({ inputs, outputs, attributes });
  return outputs;
}

/**
 * The value of `build` applied to `inputs`, computed by the operators' own plain loops.
 *
 *     compute([image, kernel], (x, weight) => conv(x, weight))
 */
export function compute(inputs: readonly Tensor[], build: (...values: Value[]) => Value): Tensor {
  const { graph, values } = graphOf(inputs);
  const result = build(...values);
  return tensorsBehind(graph, [result], new Map(values.map((value, i) => [value, inputs[i]])))[0];
}

/** Normal random numbers; another `purpose` gives others. */
export function randomTensor(shape: Shape, purpose = 'test'): FloatTensor {
  const stream = new RandomStream(0, purpose);
  return floatTensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => stream.normal(i)),
  );
}

/**
 * The largest difference between the gradient rule of an operator and central differences, over `needsGradient` inputs (all of
 * them unless given), for a random gradient of its first output.
 */
export function gradientError<A extends object, I extends Operands, O extends Operands>(
  operator: Operator<A, I, O>,
  inputs: readonly FloatTensor[],
  attributes: A,
  needsGradient: readonly boolean[] = inputs.map(() => true),
): number {
  const { graph, values } = graphOf(inputs);
  const any = anyOperator(operator);
  const outputs = graph.add(any, values, attributes);
  const weights = randomTensor(outputs[0].shape, 'output gradient');
  const outputGradients = outputs.map((_, i) => (i === 0 ? graph.constant(weights) : undefined));
  const rules = any.gradient?.({ inputs: values, outputs, attributes, outputGradients, needsGradient }) ?? [];
  const feeds = new Map(values.map((value, i) => [value, inputs[i]]));
  const loss = () => dot(run(operator, inputs, attributes)[0], weights);
  const errors = inputs.flatMap((input, i) => {
    if (!needsGradient[i]) return [];
    if (!rules[i]) throw internal(`${operator.name} has no gradient for input ${i}`);
    const [exact] = tensorsBehind(graph, [rules[i]], feeds);
    return differences(input, loss).map((estimate, at) => Math.abs(estimate - exact.data[at]));
  });
  return Math.max(...errors);
}

function graphOf(inputs: readonly Tensor[]): { graph: Graph; values: Value[] } {
  const graph = new Graph('training');
  return { graph, values: inputs.map((input, i) => graph.input(`input_${i}`, input, 'batch')) };
}

function tensorsBehind(
  graph: Graph,
  roots: readonly Value[],
  feeds: ReadonlyMap<Value, Tensor>,
): readonly Tensor[] {
  const known = new Map(feeds);
  const tensorOf = (value: Value): Tensor => {
    const tensor = value.source.kind === 'constant' ? value.source.tensor : known.get(value);
    if (!tensor) throw internal(`${value.name} has no tensor`);
    return tensor;
  };
  for (const { operator, inputs, outputs, attributes } of nodesBehind(graph.nodes, roots)) {
    const results = run(operator, inputs.map(tensorOf), attributes);
    outputs.forEach((output, i) => {
      known.set(output, results[i]);
    });
  }
  return roots.map(tensorOf);
}

/** Central differences of `loss` with respect to each element of `input`, which ends as it began. */
function differences(input: FloatTensor, loss: () => number): number[] {
  const step = 2 ** -7;
  return Array.from(input.data, (value, at) => {
    const lossAt = (moved: number) => {
      input.data[at] = moved;
      return loss();
    };
    const slope = (lossAt(value + step) - lossAt(value - step)) / (2 * step);
    input.data[at] = value;
    return slope;
  });
}

function dot(a: Tensor, b: Tensor): number {
  return Array.from(a.data).reduce((sum, value, i) => sum + value * b.data[i], 0);
}
