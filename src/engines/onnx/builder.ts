// Collects the nodes and constants of an ONNX model under unique names.
import {
  float32Tensor,
  int64Tensor,
  type OnnxNode,
  type OnnxSubgraph,
  type OnnxTensor,
  type OnnxValueInfo,
} from './graph.ts';

type Attributes = OnnxNode['attributes'];

/** Constants up to this length are deduplicated. */
const SHARED_LENGTH = 64;

export class ModelBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  private readonly names = new Set<string>();
  private readonly computed = new Set<string>();
  private readonly counts = new Map<string, number>();
  private readonly constants = new Map<string, string>();
  private scope = '';

  /** Sets the prefix of the names of the following nodes. */
  enter(scope: string): void {
    this.scope = scope;
  }

  /** `base`, or `base` with a number appended if it is taken. */
  uniqueName(base: string): string {
    let name = base;
    while (this.names.has(name)) {
      const count = (this.counts.get(base) ?? 1) + 1;
      this.counts.set(base, count);
      name = `${base}_${count}`;
    }
    this.names.add(name);
    return name;
  }

  /** Adds a node and returns the name of its output. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.multiOutputNode(operator, inputs, attributes, 1)[0];
  }

  /** Adds a node with several outputs and returns their names. */
  multiOutputNode(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputCount: number,
  ): string[] {
    const name = this.uniqueName(`${this.scope}/${operator}`);
    const outputs = Array.from({ length: outputCount }, (_, i) => this.uniqueName(`${name}:${i}`));
    for (const output of outputs) this.computed.add(output);
    this.nodes.push({ operator, name, inputs, outputs, attributes });
    return outputs;
  }

  /** An `If` node: computes one of two branches, which may read all earlier values. */
  choose(
    condition: string,
    type: Omit<OnnxValueInfo, 'name'>,
    branches: { readonly whenTrue: () => string; readonly whenFalse: () => string },
  ): string {
    return this.node('If', [condition], {
      then_branch: { graph: this.subgraph(branches.whenTrue, type) },
      else_branch: { graph: this.subgraph(branches.whenFalse, type) },
    });
  }

  private subgraph(build: () => string, type: Omit<OnnxValueInfo, 'name'>): OnnxSubgraph {
    const start = this.nodes.length;
    const output = { ...type, name: build() };
    return { name: this.uniqueName(`${this.scope}/branch`), nodes: this.nodes.splice(start), output };
  }

  /** Whether `name` is the output of a node. */
  isComputed(name: string): boolean {
    return this.computed.has(name);
  }

  constant(tensor: OnnxTensor): string {
    const key = tensor.data.length <= SHARED_LENGTH ? keyOf(tensor) : '';
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.uniqueName('constant');
    this.initializers.set(name, tensor);
    if (key !== '') this.constants.set(key, name);
    return name;
  }

  int64(values: readonly number[]): string {
    return this.constant(int64Tensor(values));
  }

  float(value: number): string {
    return this.constant(float32Tensor([value], []));
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.node('Reshape', [x, this.int64(shape)]);
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.node('Transpose', [x], { perm });
  }

  expand(x: string, shape: readonly number[]): string {
    return this.node('Expand', [x, this.int64(shape)]);
  }

  /** Pads each axis of `x` at its start and end; negative widths crop. */
  pad(x: string, starts: readonly number[], ends: readonly number[], value = 0): string {
    const widths = [...starts, ...ends];
    if (widths.every((width) => width === 0)) return x;
    return this.node('Pad', [x, this.int64(widths), this.float(value)]);
  }

  zeros(shape: readonly number[]): string {
    return this.node('ConstantOfShape', [this.int64(shape)]);
  }

  concat(parts: readonly string[], axis: number): string {
    return parts.length === 1 ? parts[0] : this.node('Concat', parts, { axis });
  }

  /** Splits `x` along an axis into parts of the given extents. */
  split(x: string, axis: number, extents: readonly number[]): string[] {
    if (extents.length === 1) return [x];
    return this.multiOutputNode('Split', [x, this.int64(extents)], { axis }, extents.length);
  }

  /** Elements `starts`, `starts + steps`, ... before `ends` along `axes`. */
  slice(x: string, range: Readonly<Record<'axes' | 'starts' | 'ends' | 'steps', readonly number[]>>): string {
    const { starts, ends, axes, steps } = range;
    return this.node('Slice', [x, ...[starts, ends, axes, steps].map((list) => this.int64(list))]);
  }

  add(a: string, b: string): string {
    return this.node('Add', [a, b]);
  }

  subtract(a: string, b: string): string {
    return this.node('Sub', [a, b]);
  }

  multiply(a: string, b: string): string {
    return this.node('Mul', [a, b]);
  }

  divide(a: string, b: string): string {
    return this.node('Div', [a, b]);
  }

  matMul(a: string, b: string): string {
    return this.node('MatMul', [a, b]);
  }

  cast(x: string, to: number): string {
    return this.node('Cast', [x], { to });
  }

  /** A reduction, for example ReduceSum. */
  reduce(operator: string, x: string, axes: readonly number[], keepDims: boolean): string {
    return this.node(operator, [x, this.int64(axes)], { keepdims: keepDims ? 1 : 0 });
  }

  sum(x: string, axes: readonly number[], keepDims = false): string {
    return this.reduce('ReduceSum', x, axes, keepDims);
  }
}

/** Text that differs between tensors, those with 0 and -0, too. */
function keyOf({ type, shape, data }: OnnxTensor): string {
  const texts = Array.from<number | bigint, string>(data, (value) =>
    Object.is(value, -0) ? '-0' : `${value}`,
  );
  return `${type}:${shape}:${texts}`;
}
