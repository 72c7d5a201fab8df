// Reverse-mode automatic differentiation: one backward walk over the graph that calls the operators' gradient rules.
// Griewank & Walther, "Evaluating derivatives", ch. 3. Backpropagation: Rumelhart, Hinton & Williams 1986.

import { ShapeError, UsageError } from '../base/errors.ts';
import { type InputGradients, liveNodes, type Node, setPhase, type Value } from '../graph/graph.ts';
import type { Origin } from '../graph/types.ts';
import { add } from '../ops/arithmetic.ts';
import { formatShape } from '../tensor/shape.ts';
import { floatTensor } from '../tensor/tensor.ts';

/**
 * Adds the gradients of a scalar to the graph.
 * @param loss value of shape `[]`
 * @param targets values to differentiate with respect to
 * @returns the gradient for each target, of the target's shape
 * @throws ShapeError if the loss is not a scalar
 * @throws UsageError if the loss does not depend on a target, or an operator between them is not differentiable
 * @example
 * const [dw] = gradients(reduceSum(mul(w, w)), [w]);
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) {
    throw new ShapeError(
      `the loss must be a scalar, but has shape ${formatShape(loss.shape)}; reduce it, for example with reduceSum.`,
    );
  }
  const graph = loss.graph;
  const forward = [...graph.nodes];
  const dependent = dependentValues(forward, targets);
  const accumulated = new Map<Value, Value>([[loss, graph.constant(floatTensor([], [1]))]]);
  for (const node of forward.toReversed()) {
    const outputGradients = node.outputs.map((output) => accumulated.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const needsGradient = node.inputs.map((input) => dependent.has(input));
    if (!needsGradient.includes(true)) continue;
    const { layer } = node.origin;
    const origin: Origin = { layer, phase: 'input gradient' };
    const addGradients = () => addInputGradients(node, outputGradients, needsGradient, accumulated);
    graph.within(`${node.name}.grad`, addGradients, origin);
  }
  return targets.map((target) => {
    const gradient = accumulated.get(target);
    if (gradient) return gradient;
    throw new UsageError(
      `the loss does not depend on "${target.name}", so it has no gradient; remove or freeze it.`,
    );
  });
}

/** The targets and the values that depend on them. */
function dependentValues(nodes: readonly Node[], targets: readonly Value[]): Set<Value> {
  const dependent = new Set(targets);
  for (const node of nodes) {
    if (!node.inputs.some((input) => dependent.has(input))) continue;
    for (const output of node.outputs) dependent.add(output);
  }
  return dependent;
}

/** Adds the contributions of one node to the gradients of its inputs. */
function addInputGradients(
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  needsGradient: readonly boolean[],
  accumulated: Map<Value, Value>,
): void {
  const { operator, attributes, inputs, outputs } = node;
  if (operator.gradient === null) {
    throw new UsageError(
      `${operator.name} (${node.name}) is not differentiable, but the loss depends on parameters through it.`,
    );
  }
  const { graph } = outputs[0];
  const first = graph.nodes.length;
  const contributions = operator.gradient({ inputs, outputs, attributes, outputGradients, needsGradient });
  markWeightGradients(graph.nodes.slice(first), node, contributions);
  inputs.forEach((input, i) => {
    const contribution = contributions[i];
    if (!needsGradient[i] || !contribution) return;
    const earlier = accumulated.get(input);
    accumulated.set(input, earlier ? add(earlier, contribution) : contribution);
  });
}

/** Sets the phase of the nodes of a gradient rule that the gradient of a variable depends on. */
function markWeightGradients(added: readonly Node[], { inputs }: Node, contributions: InputGradients): void {
  const contributing = (toVariables: boolean) => {
    const isChosen = (_: unknown, i: number) => (inputs[i]?.source.kind === 'variable') === toVariables;
    return new Set(
      liveNodes(
        added,
        contributions.filter(isChosen).filter((value) => value !== undefined),
      ),
    );
  };
  const [inputNodes, weightNodes] = [contributing(false), contributing(true)];
  for (const node of weightNodes) setPhase(node, inputNodes.has(node) ? 'gradients' : 'weight gradient');
}
