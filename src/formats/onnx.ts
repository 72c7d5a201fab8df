// The weights in ONNX models: the initializers of the graph. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { DataError } from '../base/errors.ts';
import { visible } from '../base/text.ts';
import { MAX_NAME, MAX_RANK, MAX_TENSORS } from './limits.ts';
import { findRoles, type GraphNode } from './onnx-roles.ts';
import { bytesIn, countVarints, forEachVarint, ProtobufFile, textIn, varintsIn } from './protobuf.ts';
import { type Bytes, memoryBytes, type Source } from './source.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { elementBytes, type StoredType } from './stored-types.ts';
import type { Content, Skipped } from './tensor-file.ts';

/** The limit of the format, protocol buffers. */
const MAX_BYTES = 2 ** 31;
/** First byte of a file: field 1, the version. */
const FIRST_FIELD = 0x08;
const EXTERNAL = 1;

// Fields by their numbers.
const MODEL = { graph: 7, metadata: 14 } as const;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { input: 1, output: 2, name: 3, operator: 4 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const TENSOR = {
  dims: 1,
  type: 2,
  floats: 4,
  int32s: 5,
  int64s: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64s: 11,
  location: 14,
} as const;

/** By ONNX's numbers of types. */
const types: Readonly<Record<number, StoredType>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
};

/** Maximum bytes of a tensor whose elements are listed as integers, which take a hundred times as long to read as raw ones. */
const MAX_LISTED = 2 ** 24;
/** Maximum number of nodes, and of inputs to read of each. */
const MAX_NODES = 20_000;
const MAX_INPUTS = 8;
const MAX_METADATA = 10_000;

/** Writes an integer, or its bits, in as many bytes as the key. */
const writers: Readonly<Record<number, (view: DataView, at: number, value: number) => void>> = {
  1: (view, at, value) => view.setInt8(at, value),
  2: (view, at, value) => view.setInt16(at, value, true),
  4: (view, at, value) => view.setInt32(at, value, true),
  8: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
};

export function isOnnx(head: Uint8Array): boolean {
  return head[0] === FIRST_FIELD;
}

/**
 * The initializers of an ONNX model.
 * @throws DataError if it is damaged or has no graph
 */
export async function readOnnx(source: Source): Promise<Content> {
  if (source.size > MAX_BYTES) {
    throw new DataError(
      `${source.name}: has ${source.size} bytes; expected at most ${MAX_BYTES} of an ONNX model.`,
    );
  }
  const bytes = await source.read(0, source.size);
  try {
    return contentOf(bytes, source.name);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      `${source.name}: is not an ONNX model, or is damaged (${(error as Error).message}); copy or download it again.`,
      { cause: error },
    );
  }
}

function contentOf(bytes: Uint8Array, name: string): Content {
  const file = new ProtobufFile();
  const graph = new GraphContent(file, name);
  const metadata: [string, string][] = [];
  let graphs = 0;
  file.readMessage(bytes, (field, model) => {
    if (field === MODEL.metadata && metadata.length < MAX_METADATA) {
      metadata.push(readEntry(file, bytesIn(model)));
    }
    if (field !== MODEL.graph) return;
    graphs++;
    file.readMessage(bytesIn(model), (part, reader) => {
      if (part === GRAPH.initializer) graph.addInitializer(bytesIn(reader));
      else if (part === GRAPH.node) graph.addNode(bytesIn(reader));
    });
  });
  if (graphs !== 1) throw new Error(`it has ${graphs} graphs`);
  const { tensors, skipped, nodes } = graph;
  return {
    format: 'onnx',
    tensors,
    skipped,
    roles: findRoles(nodes),
    metadata: Object.fromEntries(metadata),
  };
}

/** The initializers and nodes of a graph. */
class GraphContent {
  readonly tensors = new Map<string, StoredTensor>();
  readonly skipped: Skipped[] = [];
  readonly nodes: GraphNode[] = [];
  private readonly file: ProtobufFile;
  private readonly path: string;

  constructor(file: ProtobufFile, path: string) {
    this.file = file;
    this.path = path;
  }

  addInitializer(bytes: Uint8Array): void {
    const fields = this.readTensor(bytes);
    const name = fields.name.slice(0, MAX_NAME + 1);
    const fault = (what: string) => new DataError(`${this.path}: tensor "${visible(name)}" ${what}.`);
    if (this.tensors.has(name)) throw fault('is there twice');
    if (this.tensors.size + this.skipped.length === MAX_TENSORS)
      throw fault(`is one of more than ${MAX_TENSORS}`);
    const type = Object.hasOwn(types, fields.type) ? types[fields.type] : undefined;
    const reason = unreadable(fields, type);
    if (reason !== undefined || !type) this.skipped.push({ name, reason: reason ?? 'has no type' });
    else this.tensors.set(name, { type, shape: fields.shape, storage: storageOf(fields, type, this.path) });
  }

  addNode(bytes: Uint8Array): void {
    if (this.nodes.length === MAX_NODES) throw new Error(`it has more than ${MAX_NODES} nodes`);
    const node = { operator: '', name: '', inputs: [] as string[], output: '' };
    this.file.readMessage(bytes, (field, reader) => {
      if (field === NODE.operator) node.operator = textIn(reader);
      else if (field === NODE.name) node.name = textIn(reader);
      else if (field === NODE.output) node.output ||= textIn(reader);
      else if (field === NODE.input && node.inputs.length < MAX_INPUTS) node.inputs.push(textIn(reader));
    });
    this.nodes.push(node);
  }

  private readTensor(bytes: Uint8Array): Fields {
    const fields: Fields = { name: '', type: 0, location: 0, shape: [], lists: [], raw: [] };
    this.file.readMessage(bytes, (field, reader) => {
      const { name, type, location, dims, raw, floats, doubles, int32s, int64s, uint64s } = TENSOR;
      if (field === name) fields.name = textIn(reader);
      else if (field === type) fields.type = reader.readVarint();
      else if (field === location) fields.location = reader.readVarint();
      else if (field === dims) addExtents(fields.shape, varintsIn(reader));
      // Floating-point numbers in a list have the layout of raw data.
      else if (field === raw || field === floats || field === doubles) fields.raw.push(bytesIn(reader));
      else if (field === int32s || field === int64s || field === uint64s)
        fields.lists.push(varintsIn(reader));
    });
    return fields;
  }
}

/** The fields of a tensor. */
interface Fields {
  name: string;
  type: number;
  location: number;
  readonly shape: number[];
  /** Bytes of integers in lists. */
  readonly lists: Uint8Array[];
  /** Bytes of the elements. */
  readonly raw: Uint8Array[];
}

function addExtents(shape: number[], bytes: Uint8Array): void {
  const rank = shape.length + countVarints(bytes);
  if (rank > MAX_RANK) throw new Error(`a tensor has ${rank} axes; expected at most ${MAX_RANK}`);
  forEachVarint(bytes, (extent) => shape.push(extent));
}

/** Why a tensor is not read; undefined if it is. */
function unreadable(
  { location, type: number, lists }: Fields,
  type: StoredType | undefined,
): string | undefined {
  if (location === EXTERNAL) {
    return 'is in another file; in Python, write one file: onnx.save(onnx.load(FILE), OTHER)';
  }
  if (!type) return `is of ONNX's type ${number}; expected numbers`;
  const listed = lists.reduce((sum, { length }) => sum + length, 0);
  return listed > MAX_LISTED ? `lists its elements as integers in more than ${MAX_LISTED} bytes` : undefined;
}

/** The bytes of the elements of a tensor; those of lists are made on demand. */
function storageOf({ raw, lists }: Fields, type: StoredType, path: string): Bytes {
  if (raw.length > 0 || lists.length === 0)
    return memoryBytes(raw.length === 1 ? raw[0] : Buffer.concat(raw), path);
  const width = elementBytes(type);
  const numbers = lists.length === 1 ? lists[0] : Buffer.concat(lists);
  const count = countVarints(numbers);
  let elements: Bytes | undefined;
  const read = (start: number, length: number) => {
    elements ??= memoryBytes(elementsOf(numbers, count, width), path);
    return elements.read(start, length);
  };
  return { size: count * width, read };
}

/** Integers in `width` bytes each. */
function elementsOf(numbers: Uint8Array, count: number, width: number): Uint8Array {
  const bytes = new Uint8Array(count * width);
  const view = new DataView(bytes.buffer);
  const write = writers[width];
  forEachVarint(numbers, (value, i) => write(view, i * width, value));
  return bytes;
}

function readEntry(file: ProtobufFile, bytes: Uint8Array): [string, string] {
  let [key, value] = ['', ''];
  file.readMessage(bytes, (field, reader) => {
    if (field === ENTRY.key) key = textIn(reader);
    if (field === ENTRY.value) value = textIn(reader);
  });
  return [key, value];
}
