// A program: the graph of one step with its inputs, variables, updates and results named, as an engine compiles it.
import { type Graph, liveNodes, type Node, type Value } from '../graph/graph.ts';
import type { InputRole, Variable } from '../graph/types.ts';

/** An input that is supplied at each run. */
export interface ProgramInput {
  readonly name: string;
  readonly role: InputRole;
  readonly value: Value;
}

/** What an engine compiles. A run reads inputs and variables, returns results, and updates variables. */
export interface Program {
  /** Name for messages, for example `train lenet5`. */
  readonly name: string;
  /** Live nodes only, in an order in which they can run. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ProgramInput[];
  /** Every variable that the program reads or writes. */
  readonly variables: readonly { readonly variable: Variable; readonly value: Value }[];
  /** Next value of each variable that changes, by name. All of them take effect at the end of the run. */
  readonly updates: ReadonlyMap<string, Value>;
  /** Values that a run returns, by name. */
  readonly results: ReadonlyMap<string, Value>;
}

/**
 * The program that computes `results` and `updates`; nodes that neither depends on are removed.
 * @param name name for messages
 * @param results values to return from a run, by name
 * @param updates next values of variables (default: the updates of the graph); an empty map for a program that
 *   changes none
 * @example
 * const program = toProgram('forward', graph, { logits });
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
