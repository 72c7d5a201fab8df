// The weights in ONNX models: the initializers of the graph. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { PbfReader } from 'pbf';
import { DataError } from '../tensor/errors.ts';
import { memoryBytes, type Source } from './source.ts';
import type { StoredTensor } from './stored-tensor.ts';
import type { StoredType } from './stored-types.ts';
import type { Content } from './tensor-file.ts';

/** The limit of the format, protocol buffers. */
const MAX_BYTES = 2 ** 31;
const LENGTH_DELIMITED = 2;
/** First byte of a file: field 1, the version. */
const FIRST_FIELD = 0x08;
const EXTERNAL = 1;

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

/** By ONNX's numbers of types: ours, and the array whose elements are laid out so. */
const types: Readonly<
  Record<number, readonly [StoredType, (numbers: readonly number[]) => ArrayBufferView]>
> = {
  1: ['F32', (numbers) => Float32Array.from(numbers)],
  2: ['U8', (numbers) => Uint8Array.from(numbers)],
  3: ['I8', (numbers) => Int8Array.from(numbers)],
  4: ['U16', (numbers) => Uint16Array.from(numbers)],
  5: ['I16', (numbers) => Int16Array.from(numbers)],
  6: ['I32', (numbers) => Int32Array.from(numbers)],
  7: ['I64', (numbers) => BigInt64Array.from(numbers.map(BigInt))],
  9: ['BOOL', (numbers) => Uint8Array.from(numbers)],
  10: ['F16', (numbers) => Uint16Array.from(numbers)],
  11: ['F64', (numbers) => Float64Array.from(numbers)],
  12: ['U32', (numbers) => Uint32Array.from(numbers)],
  13: ['U64', (numbers) => BigUint64Array.from(numbers.map(BigInt))],
  16: ['BF16', (numbers) => Uint16Array.from(numbers)],
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
    if (field === MODEL.metadata) metadata.push(readEntry(bytesIn(model)));
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
  const { name, stored } = readTensor(bytes, file);
  if (tensors.has(name)) throw new DataError(`${file}: has two tensors called "${name}".`);
  tensors.set(name, stored);
}

function readTensor(bytes: Uint8Array, file: string): { name: string; stored: StoredTensor } {
  const shape: number[] = [];
  const numbers: number[] = [];
  let [name, type, location] = ['', 0, 0];
  let raw: Uint8Array | undefined;
  const fields: Readonly<Record<number, (reader: PbfReader) => unknown>> = {
    [TENSOR.dims]: (reader) => reader.readPackedVarint(shape, true),
    [TENSOR.type]: (reader) => (type = reader.readVarint()),
    [TENSOR.floats]: (reader) => reader.readPackedFloat(numbers),
    [TENSOR.int32s]: (reader) => reader.readPackedVarint(numbers, true),
    [TENSOR.int64s]: (reader) => reader.readPackedVarint(numbers, true),
    [TENSOR.name]: (reader) => (name = textIn(reader)),
    [TENSOR.raw]: (reader) => (raw = bytesIn(reader)),
    [TENSOR.doubles]: (reader) => reader.readPackedDouble(numbers),
    [TENSOR.uint64s]: (reader) => reader.readPackedVarint(numbers),
    [TENSOR.location]: (reader) => (location = reader.readVarint()),
  };
  readMessage(bytes, (field, reader) => fields[field]?.(reader));
  if (location === EXTERNAL) {
    throw new DataError(
      `${file}: tensor "${name}" is in another file; in Python, write one file: onnx.save(onnx.load(FILE), OTHER).`,
    );
  }
  const known = types[type];
  if (!known) throw new DataError(`${file}: tensor "${name}" is of ONNX's type ${type}; expected numbers.`);
  const storage = memoryBytes(raw ?? bytesOfNumbers(known[1](numbers)), name);
  return { name, stored: { type: known[0], shape, storage } };
}

function readEntry(bytes: Uint8Array): [string, string] {
  let [key, value] = ['', ''];
  readMessage(bytes, (field, reader) => {
    if (field === ENTRY.key) key = textIn(reader);
    if (field === ENTRY.value) value = textIn(reader);
  });
  return [key, value];
}

/** Reads all of a message; fails if a value goes beyond its end. */
function readMessage(bytes: Uint8Array, read: Field): void {
  const reader = new PbfReader(bytes);
  reader.readFields((field) => read(field, reader), undefined);
  if (reader.pos !== bytes.length) throw new Error('a field goes beyond the end of its message');
}

function bytesIn(reader: PbfReader): Uint8Array {
  if (reader.type !== LENGTH_DELIMITED) throw new Error('a number is where bytes are expected');
  const bytes = reader.readBytes();
  if (reader.pos > reader.length) throw new Error('a field goes beyond the end of its message');
  return bytes;
}

function textIn(reader: PbfReader): string {
  return new TextDecoder().decode(bytesIn(reader));
}

function bytesOfNumbers({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
