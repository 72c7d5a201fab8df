// Runs operators with their reference computations, without an engine, and checks gradients by finite differences.

import { internal } from '../base/errors.ts';
import { anyOperator, Graph, liveNodes, type Operator, type Value } from '../graph/graph.ts';
import type { Operands } from '../graph/types.ts';
import { RandomStream } from '../tensor/random.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { type FloatTensor, floatTensor, type Tensor, zeros } from '../tensor/tensor.ts';

/** The outputs of one operator, from its reference computation. */
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
 * Computes `build(...inputs)` with the reference computations of the operators, without an engine.
 * @param build builds the graph, in training mode, from one value per input
 * @returns the tensor of the value that `build` returns
 * @throws ShapeError if the inputs do not fit the operators
 * @example
 * compute([image, kernel], (x, weight) => conv(x, weight))
 */
export function compute(inputs: readonly Tensor[], build: (...values: Value[]) => Value): Tensor {
  const { graph, values } = inputGraph(inputs);
  const result = build(...values);
  return evaluate(graph, [result], new Map(values.map((value, i) => [value, inputs[i]])))[0];
}

/** Standard normal random numbers; each `purpose` gives different ones. */
export function randomTensor(shape: Shape, purpose = 'test'): FloatTensor {
  const stream = new RandomStream(0, purpose);
  return floatTensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => stream.normal(i)),
  );
}

/**
 * The largest difference between the gradient rule of an operator and central differences, for a random
 * gradient of its first output.
 * @param needsGradient the inputs to check (default: all)
 */
export function gradientError<A extends object, I extends Operands, O extends Operands>(
  operator: Operator<A, I, O>,
  inputs: readonly FloatTensor[],
  attributes: A,
  needsGradient: readonly boolean[] = inputs.map(() => true),
): number {
  const { graph, values } = inputGraph(inputs);
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
    const [exact] = evaluate(graph, [rules[i]], feeds);
    return differences(input, loss).map((estimate, i) => Math.abs(estimate - exact.data[i]));
  });
  return Math.max(...errors);
}

function inputGraph(inputs: readonly Tensor[]): { graph: Graph; values: Value[] } {
  const graph = new Graph('training');
  return { graph, values: inputs.map((input, i) => graph.input(`input_${i}`, input, 'batch')) };
}

function evaluate(
  graph: Graph,
  roots: readonly Value[],
  feeds: ReadonlyMap<Value, Tensor>,
): readonly Tensor[] {
  const known = new Map(feeds);
  const lookUp = (value: Value): Tensor => {
    const tensor = value.source.kind === 'constant' ? value.source.tensor : known.get(value);
    if (!tensor) throw internal(`${value.name} has no tensor`);
    return tensor;
  };
  for (const { operator, inputs, outputs, attributes } of liveNodes(graph.nodes, roots)) {
    const results = run(operator, inputs.map(lookUp), attributes);
    outputs.forEach((output, i) => {
      known.set(output, results[i]);
    });
  }
  return roots.map(lookUp);
}

/** Central differences of `loss` with respect to each element of `input`, which is restored afterwards. */
function differences(input: FloatTensor, loss: () => number): number[] {
  const step = 2 ** -7;
  return Array.from(input.data, (value, i) => {
    const lossAt = (moved: number) => {
      input.data[i] = moved;
      return loss();
    };
    const difference = (lossAt(value + step) - lossAt(value - step)) / (2 * step);
    input.data[i] = value;
    return difference;
  });
}

function dot(a: Tensor, b: Tensor): number {
  return Array.from(a.data).reduce((sum, value, i) => sum + value * b.data[i], 0);
}
