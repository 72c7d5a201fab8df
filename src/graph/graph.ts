// The graph: typed values, operators, the nodes that apply them, and the builder that checks each node as it is added.
import { internal, ShapeError, UsageError } from '../base/errors.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import type {
  Computation,
  Cost,
  InputRole,
  Mode,
  Operands,
  Origin,
  TypesOf,
  ValueType,
  Variable,
  Window,
} from './types.ts';

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

export type ValuesOf<O extends Operands> = { readonly [K in keyof O]: Value };

/** What a gradient rule is given. */
export interface GradientRequest<A, I extends Operands, O extends Operands> {
  readonly inputs: ValuesOf<I>;
  readonly outputs: ValuesOf<O>;
  readonly attributes: A;
  /** Of several outputs, undefined for those that nothing depends on. */
  readonly outputGradients: OutputGradients<O>;
  /** Which inputs need a gradient; a rule need not build the others. */
  readonly needsGradient: { readonly [K in keyof I]: boolean };
}

type OutputGradients<O extends Operands> = O extends readonly [unknown]
  ? readonly [Value]
  : { readonly [K in keyof O]: Value | undefined };

/** Gradients by input; undefined for an input that needs none or has none. */
export type InputGradients = readonly (Value | undefined)[];

/**
 * One operator of the network language: attributes `A`, shape rule, reference computation, gradient and cost. `I` and `O` are the
 * dtypes of its inputs and outputs. Methods get the attributes that the node was made with.
 */
export interface Operator<
  A extends object = object,
  I extends Operands = readonly DType[],
  O extends Operands = [y: 'float32'],
> {
  /** ONNX's name where ONNX has the operator. */
  readonly name: string;

  /**
   * Types of the outputs.
   * @throws ShapeError if the inputs or attributes do not fit
   */
  infer(inputs: TypesOf<I>, attributes: A): TypesOf<O>;

  /**
   * Fails if what a program is fed holds values that cannot be computed with, which types do not tell. Engines that do not
   * notice while they compute call it before a run.
   * @param fed tensors of the inputs that come from outside, undefined for the others
   */
  checkInputs?(fed: readonly (Tensor | undefined)[], inputs: readonly ValueType[]): void;

  /** The formula in plain loops: the reference that every engine is tested against. */
  compute(computation: Computation<A, I, O>): void;

  /** Gradients of the inputs, built from operators. `null` declares that the operator is not differentiable. */
  readonly gradient: ((request: GradientRequest<A, I, O>) => InputGradients) | null;

  /** Arithmetic; optional where it is counted as nothing. */
  cost?(inputs: readonly ValueType[], outputs: readonly ValueType[], attributes: A): Cost;

  /** Optional where each output position sees just the input position it stands for. */
  window?(inputs: readonly ValueType[], attributes: A): Window;

  /**
   * The same function written in other operators, for engines that have no code for this one. The built-in operators
   * have code in every engine and need none.
   */
  expand?(inputs: readonly Value[], attributes: A): readonly Value[];
}

/** An operator of whatever operands: what a node knows of its own. */
export type AnyOperator = Operator<object, readonly DType[], readonly DType[]>;

/** An operator as what nodes keep; whoever calls its methods hands it its own operands and attributes. */
export function anyOperator<A extends object, I extends Operands, O extends Operands>(
  operator: Operator<A, I, O>,
): AnyOperator {
  return operator as unknown as AnyOperator;
}

/** One application of an operator. */
export interface Node {
  /** Unique in the graph; the module's path where a module made it. */
  readonly name: string;
  readonly origin: Origin;
  readonly operator: AnyOperator;
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
  /** Of the nodes that are added; undefined for forward nodes, which are layers of their own. */
  private origin: Origin | undefined;
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
  add<A extends object, I extends Operands, O extends Operands>(
    operator: Operator<A, I, O>,
    inputs: ValuesOf<I>,
    attributes: A,
  ): ValuesOf<O> {
    const values: readonly Value[] = inputs;
    const stranger = values.find((input) => input.graph !== this);
    if (stranger) {
      throw new UsageError(
        `${operator.name} got "${stranger.name}", which belongs to another graph; trace both in one.`,
      );
    }
    const outputs: Value[] = [];
    const name = this.freshName(operator.name);
    const node: Node = {
      name,
      origin: this.origin ?? { layer: name, phase: 'forward' },
      operator: anyOperator(operator),
      attributes,
      inputs: values,
      outputs,
    };
    const types: readonly ValueType[] = operator.infer(inputs, attributes);
    types.forEach((type, output) => {
      outputs.push(this.value(type, { kind: 'node', node, output }));
    });
    this.nodes.push(node);
    return outputs as readonly Value[] as ValuesOf<O>; // As many as `infer` gave types.
  }

  /** Applies an operator that has one output. */
  apply<A extends object, I extends Operands>(
    operator: Operator<A, I>,
    inputs: ValuesOf<I>,
    attributes: A,
  ): Value {
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

  /**
   * Names the nodes that `body` adds after `scope`; a lone node gets the scope itself as its name.
   * @param origin of these nodes, where they are no layers of their own
   */
  within<T>(scope: string, body: () => T, origin = this.origin): T {
    const outer = { scope: this.scope, origin: this.origin };
    const first = this.nodes.length;
    [this.scope, this.origin] = [scope, origin];
    try {
      return body();
    } finally {
      [this.scope, this.origin] = [outer.scope, outer.origin];
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
    if (node.origin.phase === 'forward') node.origin = { ...node.origin, layer: name };
    node.name = name;
  }
}

/** Says what a node turned out to be there for. */
export function setPhase(node: MutableNode, phase: Origin['phase']): void {
  node.origin = { ...node.origin, phase };
}

/** Those of `nodes`, in running order, that `roots` depend on. */
export function liveNodes(nodes: readonly Node[], roots: Iterable<Value>): Node[] {
  const needed = new Set<Value>(roots);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return kept.reverse();
}
