// Reverse-mode differentiation: one walk back through the graph that calls the operators' gradient rules.
// Griewank & Walther, "Evaluating derivatives", ch. 3; in this field: backpropagation, Rumelhart et al. 1986.

import { ShapeError, UsageError } from '../base/errors.ts';
import { type InputGradients, type Node, liveNodes, setPhase, type Value } from '../graph/graph.ts';
import type { Origin } from '../graph/types.ts';
import { add } from '../ops/arithmetic.ts';
import { formatShape } from '../tensor/shape.ts';
import { floatTensor } from '../tensor/tensor.ts';

/**
 * Adds to the graph the gradient of a scalar with respect to each of `targets`.
 * @param loss value of shape `[]`
 * @returns one value per target, of the target's shape
 * @throws UsageError if a target does not influence the loss, or an operator between them has no gradient
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) {
    throw new ShapeError(
      `the loss must be a scalar, but has shape ${formatShape(loss.shape)}; reduce it to one number.`,
    );
  }
  const graph = loss.graph;
  const forward = [...graph.nodes];
  const dependent = valuesBetween(forward, targets);
  const collected = new Map<Value, Value>([[loss, graph.constant(floatTensor([], [1]))]]);
  for (const node of forward.toReversed()) {
    const outputGradients = node.outputs.map((output) => collected.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const needsGradient = node.inputs.map((input) => dependent.has(input));
    if (!needsGradient.includes(true)) continue;
    const { layer } = node.origin;
    const origin: Origin = { layer, phase: 'input gradient' };
    const collectGradients = () => collect(node, outputGradients, needsGradient, collected);
    graph.within(`${node.name}.grad`, collectGradients, origin);
  }
  return targets.map((target) => {
    const gradient = collected.get(target);
    if (gradient) return gradient;
    throw new UsageError(
      `"${target.name}" has no influence on the loss, so it has no gradient; remove or freeze it.`,
    );
  });
}

/** The values that depend on a target, the targets included. */
function valuesBetween(nodes: readonly Node[], targets: readonly Value[]): Set<Value> {
  const dependent = new Set(targets);
  for (const node of nodes) {
    if (!node.inputs.some((input) => dependent.has(input))) continue;
    for (const output of node.outputs) dependent.add(output);
  }
  return dependent;
}

/** Adds one node's contributions to the gradients of its inputs. */
function collect(
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  needsGradient: readonly boolean[],
  collected: Map<Value, Value>,
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
    const earlier = collected.get(input);
    collected.set(input, earlier ? add(earlier, contribution) : contribution);
  });
}

/** Of the nodes that a gradient rule added, those that serve variables are not there for the input gradient alone. */
function markWeightGradients(added: readonly Node[], { inputs }: Node, contributions: InputGradients): void {
  const behind = (ofVariables: boolean) => {
    const isChosen = (_: unknown, i: number) => (inputs[i]?.source.kind === 'variable') === ofVariables;
    return new Set(
      liveNodes(
        added,
        contributions.filter(isChosen).filter((value) => value !== undefined),
      ),
    );
  };
  const [ofInputs, ofWeights] = [behind(false), behind(true)];
  for (const node of ofWeights) setPhase(node, ofInputs.has(node) ? 'gradients' : 'weight gradient');
}
