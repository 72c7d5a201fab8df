// A program: the graph of one step with the parts an engine needs named: what goes in, what stays, what comes out.
import { type Graph, type Node, liveNodes, type Value } from '../graph/graph.ts';
import type { InputRole, Variable } from '../graph/types.ts';

export interface ProgramInput {
  readonly name: string;
  readonly role: InputRole;
  readonly value: Value;
}

/** What an engine compiles: run once, it reads inputs and variables, and gives results and the variables' next values. */
export interface Program {
  /** What the program does, for messages: `train lenet5`. */
  readonly name: string;
  /** Live nodes only, in an order in which they can run. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ProgramInput[];
  /** Every variable that the program reads or writes. */
  readonly variables: readonly { readonly variable: Variable; readonly value: Value }[];
  /** Next value of each variable that changes, by name. All of them take effect together at the end of the run. */
  readonly updates: ReadonlyMap<string, Value>;
  /** What a run gives back, by name. */
  readonly results: ReadonlyMap<string, Value>;
}

/**
 * Cuts the program for `results` and `updates` out of a graph; nodes that serve neither are left out.
 * @param updates those of the graph unless given; none, for a program that leaves its variables as they are
 */
export function toProgram(
  name: string,
  graph: Graph,
  results: Readonly<Record<string, Value>>,
  updates: ReadonlyMap<string, Value> = graph.updates,
): Program {
  const resultMap = new Map(Object.entries(results));
  const roots = new Set([...resultMap.values(), ...updates.values()]);
  const nodes = liveNodes(graph.nodes, roots);
  const used = new Set<Value>([...roots, ...nodes.flatMap((node) => node.inputs)]);
  return {
    name,
    nodes,
    inputs: [...graph.inputs.values()].flatMap((value) => {
      const { source } = value;
      return source.kind === 'input' && used.has(value)
        ? [{ name: source.name, role: source.role, value }]
        : [];
    }),
    variables: [...graph.variables.values()].flatMap((value) => {
      const { source } = value;
      const live = source.kind === 'variable' && (used.has(value) || updates.has(source.variable.name));
      return live ? [{ variable: source.variable, value }] : [];
    }),
    updates,
    results: resultMap,
  };
}
