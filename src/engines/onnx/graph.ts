// An ONNX model as plain data: nodes, constants, inputs and outputs.

/** Element types of ONNX that Fovea writes, with their numbers in TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

export type OnnxType = keyof typeof elementTypes;

/** A constant. `data` holds the elements in row-major order; bool takes one byte each. */
export interface OnnxTensor {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array | Float64Array;
}

/** A bare number or list is an int attribute; other types are tagged. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxSubgraph };

/** A branch of `If`; it may read values of the enclosing graph. */
export interface OnnxSubgraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly output: OnnxValueInfo;
}

export interface OnnxNode {
  readonly operator: string;
  readonly name: string;
  /** An omitted optional input is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  /** A variable extent is given by a name, for example `batch`. */
  readonly shape: readonly (number | string)[];
  /** Whether the value is a sequence of such tensors. */
  readonly sequence?: boolean;
}

export interface OnnxModel {
  readonly name: string;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An int64 tensor, the type of shapes, axes and pads in ONNX. */
export function int64Tensor(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): OnnxTensor {
  return { type: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
}

export function float32Tensor(
  values: readonly number[] | Float32Array,
  shape: readonly number[],
): OnnxTensor {
  return { type: 'float32', shape, data: Float32Array.from(values) };
}
