// The weights in ONNX models: the initializers of the graph. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { PbfReader } from 'pbf';
import { DataError } from '../tensor/errors.ts';
import { visible } from '../tensor/visible.ts';
import { MAX_TENSORS } from './limits.ts';
import { memoryBytes, type Source } from './source.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { elementBytes, type StoredType } from './stored-types.ts';
import type { Content } from './tensor-file.ts';

/** The limit of the format, protocol buffers. */
const MAX_BYTES = 2 ** 31;
const LENGTH_DELIMITED = 2;
/** First byte of a file: field 1, the version. */
const FIRST_FIELD = 0x08;
const EXTERNAL = 1;
const BEYOND = 'a field goes beyond the end of its message';

// Fields by their numbers.
const MODEL = { graph: 7, metadata: 14 } as const;
const GRAPH = { initializer: 5 } as const;
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

/** Longest tensor whose elements are listed as whole numbers, in bytes; they take eight times that. */
const MAX_LISTED = 2 ** 26;
const MAX_METADATA = 10_000;

/** Writes a whole number, or the bits of one, in as many bytes as the key says. */
const writers: Readonly<Record<number, (view: DataView, at: number, value: number) => void>> = {
  1: (view, at, value) => view.setInt8(at, value),
  2: (view, at, value) => view.setInt16(at, value, true),
  4: (view, at, value) => view.setInt32(at, value, true),
  8: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
};

/** A message of the format: its fields' numbers, with a reader that stands at the value. */
type Field = (field: number, reader: PbfReader) => void;

export function isOnnx(head: Uint8Array): boolean {
  return head[0] === FIRST_FIELD;
}

/**
 * The initializers of an ONNX model.
 * @throws DataError if it is damaged, has no graph, or its weights are in another file
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
      `${source.name}: is no ONNX model, or a damaged one (${(error as Error).message}); copy or download it again.`,
      { cause: error },
    );
  }
}

function contentOf(bytes: Uint8Array, name: string): Content {
  const tensors = new Map<string, StoredTensor>();
  const metadata: [string, string][] = [];
  let graphs = 0;
  readMessage(bytes, (field, model) => {
    if (field === MODEL.metadata && metadata.length < MAX_METADATA) metadata.push(readEntry(bytesIn(model)));
    if (field !== MODEL.graph) return;
    graphs++;
    readMessage(bytesIn(model), (part, graph) => {
      if (part === GRAPH.initializer) addInitializer(tensors, bytesIn(graph), name);
    });
  });
  if (graphs !== 1) throw new Error(`it has ${graphs} graphs`);
  return { format: 'onnx', tensors, metadata: Object.fromEntries(metadata) };
}

function addInitializer(tensors: Map<string, StoredTensor>, bytes: Uint8Array, file: string): void {
  const { name, location, ...elements } = readTensor(bytes);
  const fault = (what: string) => new DataError(`${file}: tensor "${visible(name)}" ${what}.`);
  if (tensors.has(name)) throw fault('is there twice');
  if (tensors.size === MAX_TENSORS) throw fault(`is one of more than ${MAX_TENSORS}`);
  if (location === EXTERNAL) {
    throw fault('is in another file; in Python, write one file: onnx.save(onnx.load(FILE), OTHER)');
  }
  const type = types[elements.type];
  if (!type) throw fault(`is of ONNX's type ${elements.type}; expected numbers`);
  const storage = memoryBytes(elements.raw ?? packed(elements.numbers, elementBytes(type)), file);
  tensors.set(name, { type, shape: elements.shape, storage });
}

/** The fields of a tensor. */
interface Fields {
  name: string;
  type: number;
  location: number;
  readonly shape: number[];
  readonly numbers: number[];
  raw?: Uint8Array;
}

function readTensor(bytes: Uint8Array): Fields {
  const fields: Fields = { name: '', type: 0, location: 0, shape: [], numbers: [] };
  readMessage(bytes, (field, reader) => {
    const { name, type, location, dims, raw, floats, doubles, int32s, int64s, uint64s } = TENSOR;
    if (field === name) fields.name = textIn(reader);
    else if (field === type) fields.type = reader.readVarint();
    else if (field === location) fields.location = reader.readVarint();
    else if (field === dims) reader.readPackedVarint(fields.shape, true);
    // Floating-point numbers in a list are laid out as raw ones.
    else if (field === raw || field === floats || field === doubles) fields.raw = bytesIn(reader);
    else if (field === int32s || field === int64s || field === uint64s) {
      if (bytes.length > MAX_LISTED) throw new Error(`a list of numbers is longer than ${MAX_LISTED} bytes`);
      reader.readPackedVarint(fields.numbers, true);
    }
  });
  return fields;
}

/** Whole numbers in `width` bytes each. */
function packed(numbers: readonly number[], width: number): Uint8Array {
  const bytes = new Uint8Array(numbers.length * width);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of numbers.entries()) writers[width]!(view, i * width, value);
  return bytes;
}

function readEntry(bytes: Uint8Array): [string, string] {
  let [key, value] = ['', ''];
  readMessage(bytes, (field, reader) => {
    if (field === ENTRY.key) key = textIn(reader);
    if (field === ENTRY.value) value = textIn(reader);
  });
  return [key, value];
}

/** Reads all of a message; fails if it ends inside a value. */
function readMessage(bytes: Uint8Array, read: Field): void {
  const reader = new PbfReader(bytes);
  reader.readFields((field) => read(field, reader), undefined);
  if (reader.pos !== bytes.length) throw new Error(BEYOND);
}

function bytesIn(reader: PbfReader): Uint8Array {
  if (reader.type !== LENGTH_DELIMITED) throw new Error('a number is where bytes are expected');
  const bytes = reader.readBytes();
  if (reader.pos > reader.length) throw new Error(BEYOND);
  return bytes;
}

function textIn(reader: PbfReader): string {
  return new TextDecoder().decode(bytesIn(reader));
}
