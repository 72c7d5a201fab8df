// A description of an ONNX model: nodes, constants, inputs and outputs, as plain data.

/** Element types of ONNX that Fovea writes, with their numbers in TensorProto.DataType. */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

export type OnnxType = keyof typeof elementTypes;

/** A constant. `data` holds the elements in row-major order; bool takes one byte each. */
export interface OnnxTensor {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array | Float64Array;
}

/** Whole numbers and lists of them stand for themselves; what else a number could mean is said. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxSubgraph };

/** A branch of `If`: it reads the values of the graph around it. */
export interface OnnxSubgraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly output: OnnxValueInfo;
}

export interface OnnxNode {
  readonly operator: string;
  readonly name: string;
  /** An optional input that is left out is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  /** An extent that may vary is given by a name, for example `batch`. */
  readonly shape: readonly (number | string)[];
  /** Whether the value is a list of such tensors. */
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

/** A list of int64, which ONNX takes shapes, axes and pads as. */
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
