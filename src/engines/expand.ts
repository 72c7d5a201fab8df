// Rewrites a program so that it holds only operators that engines have code for: the built-in and the elementwise ones.

import { EngineError, ShapeError } from '../base/errors.ts';
import { type AnyOperator, Graph, liveNodes, type Node, type Value } from '../graph/graph.ts';
import { isElementwise } from '../ops/elementwise.ts';
import { type OperatorName, operators } from '../ops/index.ts';
import type { Program } from '../program/program.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';

/** The name under which an operator is in the table of built-in ones; a user's operator of the same name is not. */
export function builtInName(operator: AnyOperator): OperatorName | undefined {
  const name = operator.name as OperatorName;
  return (operators[name] as unknown) === operator ? name : undefined;
}

/**
 * The program with every operator that is neither built in nor elementwise written out by its own `expand`.
 * @throws EngineError if one has no `expand`
 */
export function expandProgram(program: Program, engine: string): Program {
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const expanded = (node: Node): Node[] => {
    const inputs = node.inputs.map(current);
    if (isElementwise(node.operator) || builtInName(node.operator)) return [{ ...node, inputs }];
    const { standIns, nodes, outputs } = expansionOf(node, engine);
    standIns.forEach((standIn, i) => {
      replaced.set(standIn, inputs[i]);
    });
    const inside = nodes.flatMap(expanded);
    node.outputs.forEach((output, i) => {
      replaced.set(output, current(outputs[i]));
    });
    return inside;
  };
  const resolved = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, current(value)] as const));
  const nodes = program.nodes.flatMap(expanded);
  return { ...program, nodes, updates: resolved(program.updates), results: resolved(program.results) };
}

interface Expansion {
  /** What takes the place of the node's inputs while it is expanded. */
  readonly standIns: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/** Expands a node in a graph of its own, so that the program's graph stays as it is. */
function expansionOf(node: Node, engine: string): Expansion {
  const { operator, name, attributes, inputs } = node;
  const { expand } = operator;
  if (!expand) {
    throw new EngineError(
      `the ${engine} engine has no code for operator "${operator.name}" (${name}); give the operator an expand method ` +
        'that writes it in built-in operators, or use the reference engine.',
    );
  }
  const graph = new Graph(node.outputs[0]?.graph.mode ?? 'inference');
  const standIns = inputs.map((input, i) => graph.input(`input_${i}`, input, 'batch'));
  const outputs = graph.within(name, () => expand.call(operator, standIns, attributes));
  checkOutputs(node, outputs);
  return { standIns, nodes: liveNodes(graph.nodes, outputs), outputs };
}

function checkOutputs(node: Node, outputs: readonly Value[]): void {
  const typesOf = (values: readonly Value[]) =>
    values.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join(', ');
  const matches = node.outputs.every(
    (output, i) => outputs[i]?.dtype === output.dtype && sameShape(outputs[i].shape, output.shape),
  );
  if (matches && outputs.length === node.outputs.length) return;
  throw new ShapeError(
    `operator "${node.operator.name}" infers ${typesOf(node.outputs)}, but its expand gives ${typesOf(outputs)}; ` +
      'make both agree.',
  );
}
