// The graph: typed values, the nodes that make them, and the builder that checks each node as it is added.
import { internal, ShapeError, UsageError } from '../base/errors.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import type { Operator, ValueType } from './operator.ts';

/** Training graphs use batch statistics and dropout, and may change their variables; inference graphs do neither. */
export type Mode = 'training' | 'inference';

/** Who supplies an input at each run: the data, the training schedule, or the random state. */
export type InputRole = 'batch' | 'hyperparameter' | 'random';

/** A named float tensor that lives in an engine from run to run. */
export interface Variable {
  readonly name: string;
  readonly shape: Shape;
  /** Learned by gradient descent, kept by the network (running statistics), or kept by the optimizer. */
  readonly role: 'parameter' | 'buffer' | 'optimizer';
}

export type Source =
  | { readonly kind: 'input'; readonly name: string; readonly role: InputRole }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number }
  | { readonly kind: 'detached' };

/** A tensor that exists while the graph runs; values are compared by identity. */
export class Value implements ValueType {
  readonly graph: Graph;
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: Source;

  constructor(graph: Graph, id: number, type: ValueType, source: Source) {
    this.graph = graph;
    this.id = id;
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.source = source;
  }

  /** What the value is called in messages and printed graphs. */
  get name(): string {
    const { source } = this;
    if (source.kind === 'input') return source.name;
    if (source.kind === 'variable') return source.variable.name;
    if (source.kind === 'constant' || source.kind === 'detached') return `${source.kind}_${this.id}`;
    return source.output === 0 ? source.node.name : `${source.node.name}:${source.output}`;
  }
}

/** One application of an operator. */
export interface Node {
  /** Unique in the graph; the module's path where a module made it. */
  readonly name: string;
  readonly operator: Operator;
  readonly attributes: object;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Logits of a classifier that only training has, and what share of its loss is added to the network's. */
export interface Auxiliary {
  readonly logits: Value;
  readonly weight: number;
}

type MutableNode = { -readonly [K in keyof Node]: Node[K] };

/** Builds a graph node by node; nodes are therefore always in an order in which they can run. */
export class Graph {
  readonly mode: Mode;
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Value>();
  readonly variables = new Map<string, Value>();
  /** Next values of variables, by name; they take effect together when a run has ended. */
  readonly updates = new Map<string, Value>();
  /** Logits besides the network's own that the loss of a training step counts too. */
  readonly auxiliaries: Auxiliary[] = [];
  private nextId = 0;
  private scope = '';
  private readonly nodeNames = new Set<string>();

  constructor(mode: Mode) {
    this.mode = mode;
  }

  /** A value supplied at each run under `name`. */
  input(name: string, type: ValueType, role: InputRole): Value {
    if (this.inputs.has(name))
      throw new UsageError(`the graph has an input "${name}" already; choose another name.`);
    const value = this.value(type, { kind: 'input', name, role });
    this.inputs.set(name, value);
    return value;
  }

  /** The value a variable has at the start of a run; asking twice gives the same value. */
  variable(variable: Variable): Value {
    const known = this.variables.get(variable.name);
    if (known) {
      if (sameShape(known.shape, variable.shape)) return known;
      throw new UsageError(
        `two variables are called "${variable.name}", of shapes ${formatShape(known.shape)} and ` +
          `${formatShape(variable.shape)}; give each its own name.`,
      );
    }
    if (variable.name === '') {
      throw new UsageError(
        'a parameter is used that no field of the traced module holds; keep every Parameter in a field of its module.',
      );
    }
    const value = this.value({ shape: variable.shape, dtype: 'float32' }, { kind: 'variable', variable });
    this.variables.set(variable.name, value);
    return value;
  }

  constant(tensor: Tensor): Value {
    return this.value(tensor, { kind: 'constant', tensor });
  }

  /** A value that no node of the graph makes: for engines that rewrite nodes into instructions of their own. */
  detached(type: ValueType): Value {
    return this.value(type, { kind: 'detached' });
  }

  /**
   * Applies an operator.
   * @throws ShapeError if the inputs do not fit it
   */
  add<A extends object>(operator: Operator<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
    const stranger = inputs.find((input) => input.graph !== this);
    if (stranger) {
      throw new UsageError(
        `${operator.name} got "${stranger.name}", which belongs to another graph; trace both in one.`,
      );
    }
    const outputs: Value[] = [];
    const node: Node = {
      name: this.freshName(operator.name),
      operator: operator as unknown as Operator, // A node only ever hands an operator its own attributes.
      attributes,
      inputs,
      outputs,
    };
    operator.infer(inputs, attributes).forEach((type, output) => {
      outputs.push(this.value(type, { kind: 'node', node, output }));
    });
    this.nodes.push(node);
    return outputs;
  }

  /** Applies an operator that has one output. */
  apply<A extends object>(operator: Operator<A>, inputs: readonly Value[], attributes: A): Value {
    const [output] = this.add(operator, inputs, attributes);
    if (!output) throw internal(`${operator.name} has no output`);
    return output;
  }

  /** Declares what a variable becomes when the run has ended. */
  update(variable: Variable, next: Value): void {
    if (!sameShape(variable.shape, next.shape)) {
      throw new ShapeError(
        `the update of "${variable.name}" ${formatShape(variable.shape)} has shape ${formatShape(next.shape)}; ` +
          'a variable keeps its shape.',
      );
    }
    if (this.updates.has(variable.name)) {
      throw new UsageError(`"${variable.name}" is updated twice in one step; use the module once per step.`);
    }
    this.variable(variable);
    this.updates.set(variable.name, next);
  }

  /** Declares logits whose loss is added to that of the network's own logits, times `weight`. */
  addAuxiliary(auxiliary: Auxiliary): void {
    this.auxiliaries.push(auxiliary);
  }

  /** Names the nodes that `body` adds after `scope`; a lone node gets the scope itself as its name. */
  within<T>(scope: string, body: () => T): T {
    const outer = this.scope;
    const first = this.nodes.length;
    this.scope = scope;
    try {
      return body();
    } finally {
      this.scope = outer;
      const added = this.nodes.slice(first);
      const [node] = added;
      if (node && added.length === 1 && node.name === `${scope}.${node.operator.name}`)
        this.rename(node, scope);
    }
  }

  private value(type: ValueType, source: Source): Value {
    return new Value(this, this.nextId++, type, source);
  }

  private freshName(base: string): string {
    const full = this.scope === '' ? base : `${this.scope}.${base}`;
    let name = full;
    for (let count = 2; this.nodeNames.has(name); count++) name = `${full}_${count}`;
    this.nodeNames.add(name);
    return name;
  }

  private rename(node: MutableNode, name: string): void {
    if (this.nodeNames.has(name)) return;
    this.nodeNames.delete(node.name);
    this.nodeNames.add(name);
    node.name = name;
  }
}

/** The nodes that `roots` depend on, in running order. */
export function nodesBehind(graph: Graph, roots: Iterable<Value>): Node[] {
  const needed = new Set<Value>(roots);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return kept.reverse();
}
