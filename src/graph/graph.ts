// The graph: typed values, operators, nodes, and the builder that checks each node as it is added.
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

/** Where a value comes from. */
export type Source =
  | { readonly kind: 'input'; readonly name: string; readonly role: InputRole }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number }
  | { readonly kind: 'detached' };

/** A tensor in a graph, known by shape and dtype until the graph runs. Values are compared by identity. */
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

  /** Name in messages and printed graphs. */
  get name(): string {
    const { source } = this;
    if (source.kind === 'input') return source.name;
    if (source.kind === 'variable') return source.variable.name;
    if (source.kind === 'constant' || source.kind === 'detached') return `${source.kind}_${this.id}`;
    return source.output === 0 ? source.node.name : `${source.node.name}:${source.output}`;
  }
}

export type ValuesOf<O extends Operands> = { readonly [K in keyof O]: Value };

/** Arguments of a gradient rule. */
export interface GradientRequest<A, I extends Operands, O extends Operands> {
  readonly inputs: ValuesOf<I>;
  readonly outputs: ValuesOf<O>;
  readonly attributes: A;
  /** Gradient of each output; undefined for an output that the loss does not depend on, if there are several. */
  readonly outputGradients: OutputGradients<O>;
  /** Which inputs need a gradient; a rule need not build the others. */
  readonly needsGradient: { readonly [K in keyof I]: boolean };
}

type OutputGradients<O extends Operands> = O extends readonly [unknown]
  ? readonly [Value]
  : { readonly [K in keyof O]: Value | undefined };

/** Gradient of each input; undefined for an input that needs none or has none. */
export type InputGradients = readonly (Value | undefined)[];

/**
 * An operator: shape rule, reference computation, gradient and cost. `A` is the type of its attributes; `I` and
 * `O` are the dtypes of its inputs and outputs. Methods receive the attributes of the node.
 *
 * Elementwise operators need only a formula: see `elementwise`.
 */
export interface Operator<
  A extends object = object,
  I extends Operands = readonly DType[],
  O extends Operands = [y: 'float32'],
> {
  /** The name in ONNX where ONNX has the operator. */
  readonly name: string;

  /**
   * Shape rule: types of the outputs.
   * @throws ShapeError if the inputs or attributes are invalid
   */
  infer(inputs: TypesOf<I>, attributes: A): TypesOf<O>;

  /**
   * Checks the values of inputs, for example that labels are class indices. Engines call it before a run.
   * @param tensors the inputs of the program that the node reads directly; undefined for computed inputs
   * @throws DataError for a value that the operator cannot use
   */
  checkInputs?(tensors: readonly (Tensor | undefined)[], inputs: readonly ValueType[]): void;

  /** The reference computation in plain loops, which every engine is tested against. */
  compute(computation: Computation<A, I, O>): void;

  /** Gradient rule: adds nodes that compute the gradients of the inputs. `null`: the operator is not differentiable. */
  readonly gradient: ((request: GradientRequest<A, I, O>) => InputGradients) | null;

  /** Arithmetic operations (default: none). */
  cost?(inputs: readonly ValueType[], outputs: readonly ValueType[], attributes: A): Cost;

  /** Window of a spatial operator (default: 1x1, stride 1). */
  window?(inputs: readonly ValueType[], attributes: A): Window;

  /**
   * The same function in terms of other operators, for engines without code for this one. Built-in operators need none:
   * every engine has code for them.
   */
  expand?(inputs: readonly Value[], attributes: A): readonly Value[];
}

/** An operator with any attributes and operands. */
export type AnyOperator = Operator<object, readonly DType[], readonly DType[]>;

/** Erases the types of an operator; its methods must still be called with its own operands and attributes. */
export function anyOperator<A extends object, I extends Operands, O extends Operands>(
  operator: Operator<A, I, O>,
): AnyOperator {
  return operator as unknown as AnyOperator;
}

/** One application of an operator. */
export interface Node {
  /** Unique in the graph; the path of the module that added it, if any. */
  readonly name: string;
  readonly origin: Origin;
  readonly operator: AnyOperator;
  readonly attributes: object;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Logits of an auxiliary classifier, which exists in training only, and the weight of its loss. */
export interface Auxiliary {
  readonly logits: Value;
  readonly weight: number;
}

type MutableNode = { -readonly [K in keyof Node]: Node[K] };

/**
 * Builds a graph node by node, so that nodes are in an order in which they can run.
 * @example
 * const graph = new Graph('inference');
 * const x = graph.input('images', { shape: [1, 3, 32, 32], dtype: 'float32' }, 'batch');
 * const y = relu(x);
 */
export class Graph {
  readonly mode: Mode;
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Value>();
  readonly variables = new Map<string, Value>();
  /** Next values of variables, by name. All of them take effect at the end of a run. */
  readonly updates = new Map<string, Value>();
  /** Auxiliary classifiers, whose losses are added to the training loss. */
  readonly auxiliaries: Auxiliary[] = [];
  private nextId = 0;
  private scope = '';
  /** Origin of the nodes being added; undefined for forward nodes, whose own name is their layer. */
  private origin: Origin | undefined;
  private readonly nodeNames = new Set<string>();

  constructor(mode: Mode) {
    this.mode = mode;
  }

  /**
   * Adds an input, which is supplied at each run under `name`.
   * @throws UsageError if the graph already has an input of this name
   */
  input(name: string, type: ValueType, role: InputRole): Value {
    if (this.inputs.has(name))
      throw new UsageError(`the graph already has an input "${name}"; choose another name.`);
    const value = this.value(type, { kind: 'input', name, role });
    this.inputs.set(name, value);
    return value;
  }

  /**
   * The value of a variable at the start of a run. Repeated calls return the same value.
   * @throws UsageError if another variable of this name has another shape, or the name is empty
   */
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
        'a parameter is not in a field of the traced module; store every Parameter in a field of its module.',
      );
    }
    const value = this.value({ shape: variable.shape, dtype: 'float32' }, { kind: 'variable', variable });
    this.variables.set(variable.name, value);
    return value;
  }

  /** Adds a constant. */
  constant(tensor: Tensor): Value {
    return this.value(tensor, { kind: 'constant', tensor });
  }

  /** A value without a node, for engines that rewrite nodes into their own instructions. */
  detached(type: ValueType): Value {
    return this.value(type, { kind: 'detached' });
  }

  /**
   * Applies an operator and returns its outputs.
   * @throws ShapeError if the inputs do not fit the operator
   * @throws UsageError if an input belongs to another graph
   */
  add<A extends object, I extends Operands, O extends Operands>(
    operator: Operator<A, I, O>,
    inputs: ValuesOf<I>,
    attributes: A,
  ): ValuesOf<O> {
    const values: readonly Value[] = inputs;
    const other = values.find((input) => input.graph !== this);
    if (other) {
      throw new UsageError(
        `${operator.name} got "${other.name}", which belongs to another graph; build both in one graph.`,
      );
    }
    const outputs: Value[] = [];
    const name = this.uniqueName(operator.name);
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
    return outputs as readonly Value[] as ValuesOf<O>; // One for each type that `infer` returned.
  }

  /**
   * Applies an operator with one output and returns the output.
   * @throws ShapeError if the inputs do not fit the operator
   * @throws UsageError if an input belongs to another graph
   */
  apply<A extends object, I extends Operands>(
    operator: Operator<A, I>,
    inputs: ValuesOf<I>,
    attributes: A,
  ): Value {
    const [output] = this.add(operator, inputs, attributes);
    if (!output) throw internal(`${operator.name} has no output`);
    return output;
  }

  /**
   * Declares the value of a variable after the run.
   * @throws ShapeError if the shape differs
   * @throws UsageError if the variable already has an update
   */
  update(variable: Variable, next: Value): void {
    if (!sameShape(variable.shape, next.shape)) {
      throw new ShapeError(
        `the update of "${variable.name}" ${formatShape(variable.shape)} has shape ${formatShape(next.shape)}; ` +
          'the shapes must be equal.',
      );
    }
    if (this.updates.has(variable.name)) {
      throw new UsageError(`"${variable.name}" is updated twice in one step; use the module once per step.`);
    }
    this.variable(variable);
    this.updates.set(variable.name, next);
  }

  /** Declares logits of an auxiliary classifier; their loss times `weight` is added to the training loss. */
  addAuxiliary(auxiliary: Auxiliary): void {
    this.auxiliaries.push(auxiliary);
  }

  /**
   * Prefixes the names of the nodes that `body` adds with `scope`; a single node gets `scope` itself as its name.
   * @param origin origin of these nodes (default: that of the enclosing scope)
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

  private uniqueName(base: string): string {
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

/** Changes the phase of a node that was already added. */
export function setPhase(node: MutableNode, phase: Origin['phase']): void {
  node.origin = { ...node.origin, phase };
}

/** The nodes that `roots` depend on, in the order of `nodes`. */
export function liveNodes(nodes: readonly Node[], roots: Iterable<Value>): Node[] {
  const needed = new Set<Value>(roots);
  const live: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    live.push(node);
  }
  return live.reverse();
}
