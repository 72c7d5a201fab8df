// Safetensors: named tensors and a map of strings in one file. https://huggingface.co/docs/safetensors
// Layout: length of the header (8 bytes, little-endian), header (JSON), the tensors' bytes without gaps.
import { DataError } from '../base/errors.ts';
import { isCount, isListOf, isRecord } from '../base/json.ts';
import { formatHex, visible } from '../base/text.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Source, subrange } from './source.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { bytesOf, elementBytes, isStoredType, type StoredType, storedTypes } from './stored-types.ts';
import type { Content } from './tensor-file.ts';

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** About 30,000 tensors; limits the time and memory of parsing. */
const MAX_HEADER_BYTES = 4_000_000;
const BRACE = 0x7b;
const METADATA = '__metadata__';

interface Entry {
  readonly name: string;
  /** Absent if its type is not supported. */
  readonly type?: StoredType;
  readonly dtype: string;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

/**
 * A safetensors file in chunks, to be written one after another; the elements are views, not copies. float32 is stored as F32,
 * int32 as I32.
 * @throws DataError if a tensor is called `__metadata__`, which the format reserves
 */
export function safetensorsParts(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  if (tensors.has(METADATA)) {
    throw new DataError(`a tensor cannot be called "${METADATA}" in a safetensors file; rename it.`);
  }
  let start = 0;
  const entries = [...tensors].map(([name, { dtype, shape, data }]) => {
    const offsets = [start, start + data.byteLength];
    start += data.byteLength;
    return [name, { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, data_offsets: offsets }];
  });
  const json = JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) });
  return [headerBytes(json), ...[...tensors.values()].map(({ data }) => bytesOf(data))];
}

/** A safetensors file as one array. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Whether a file may be safetensors: a plausible length of the header, and its first character. */
export function isSafetensors(head: Uint8Array): boolean {
  return head.length > LENGTH_BYTES && head[LENGTH_BYTES] === BRACE && headerLength(head) <= MAX_HEADER_BYTES;
}

/**
 * The content of a safetensors file.
 * @throws DataError if it is truncated, damaged or not a safetensors file
 */
export async function readSafetensorsContent(source: Source): Promise<Content<Record<string, string>>> {
  const { header, bodyStart } = await readHeader(source);
  const { [METADATA]: metadata, ...described } = header;
  const entries = Object.entries(described).map(([key, value]) => readEntry(key, value, source.name));
  checkPlaces(entries, source.size - bodyStart, source.name);
  return {
    format: 'safetensors',
    tensors: new Map(
      entries.flatMap(({ type, ...entry }) =>
        type ? [[entry.name, storedAt(entry, type, source, bodyStart)] as const] : [],
      ),
    ),
    metadata: readMetadata(metadata, source.name),
    skipped: entries
      .filter(({ type }) => type === undefined)
      .map(({ name, dtype }) => ({ name, reason: unreadType(dtype) })),
  };
}

function headerBytes(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20); // Spaces may follow the JSON.
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

interface Header {
  readonly header: Readonly<Record<string, unknown>>;
  readonly bodyStart: number;
}

async function readHeader(source: Source): Promise<Header> {
  const { name, size } = source;
  if (size < LENGTH_BYTES) {
    throw new DataError(`${name}: has ${size} bytes, too few for a safetensors file; ${copyAgain}`);
  }
  const first = await source.read(0, Math.min(size, 12));
  const length = headerLength(first);
  if (size > LENGTH_BYTES && !isSafetensors(first)) {
    throw new DataError(
      `${name}: is not a safetensors file: expected the length of a header and then "{", but its first bytes are ` +
        `${formatHex(first)}.`,
    );
  }
  const bodyStart = LENGTH_BYTES + length;
  if (bodyStart > size) {
    throw new DataError(
      `${name}: is truncated: it has ${size} bytes, but its header alone needs ${bodyStart}; ${copyAgain}`,
    );
  }
  return { header: parseHeader(await source.read(LENGTH_BYTES, length), name), bodyStart };
}

function headerLength(head: Uint8Array): number {
  return Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
}

function parseHeader(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    if (isRecord(header) && countColons(text) === countKeys(header)) return header;
  } catch (error) {
    throw new DataError(`${name}: its header is not valid JSON (${(error as Error).message}); ${copyAgain}`, {
      cause: error,
    });
  }
  throw new DataError(
    `${name}: its header is JSON, but not an object of tensors, or has a name twice; ${copyAgain}`,
  );
}

/** Number of keys in a header and its entries; the text has more if a key occurs twice. */
function countKeys(header: Readonly<Record<string, unknown>>): number {
  const entries = Object.values(header);
  const inner = entries.map((entry) => (isRecord(entry) ? Object.keys(entry).length : 0));
  return inner.reduce((sum, count) => sum + count, entries.length);
}

/** Colons of a JSON text outside of strings. */
function countColons(json: string): number {
  let [count, isQuoted] = [0, false];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === '\\') i++;
    else if (!isQuoted && character === ':') count++;
  }
  return count;
}

function readEntry(tensor: string, value: unknown, name: string): Entry {
  const fault = (expected: string) =>
    new DataError(
      `${name}: tensor "${visible(tensor.slice(0, 100))}" is described by ${shown(value)}; expected ${expected}.`,
    );
  if (!isRecord(value)) throw fault('an object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isTypeName(dtype)) throw fault(`a dtype among ${storedTypes.join(', ')}`);
  if (!isCounts(shape)) throw fault('a shape of non-negative integers');
  if (!isCounts(offsets) || offsets.length !== 2)
    throw fault('data_offsets [start, end] of non-negative integers');
  const [start, end] = offsets as [number, number];
  if (!isStoredType(dtype)) {
    if (end < start) throw fault('data_offsets in order');
    return { name: tensor, dtype, shape, start, end };
  }
  const expected = sizeOf(shape) * elementBytes(dtype);
  if (end - start !== expected) {
    throw fault(`data_offsets ${expected} bytes apart, as ${dtype} ${formatShape(shape)} needs`);
  }
  return { name: tensor, type: dtype, dtype, shape, start, end };
}

/** Fails unless the tensors fill the body exactly, one after another. */
function checkPlaces(entries: readonly Entry[], bodyLength: number, name: string): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      const fault = entry.start < end ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new DataError(
        `${name}: tensor "${visible(entry.name)}" starts at byte ${entry.start} and ${fault}, which ends at ${end}; ` +
          'tensors must follow one another. Write the file again.',
      );
    }
    end = entry.end;
  }
  if (end === bodyLength) return;
  const fault = bodyLength < end ? 'is truncated' : 'has bytes after its last tensor';
  throw new DataError(
    `${name}: ${fault}: its tensors need ${end} bytes, but ${bodyLength} follow the header; ${copyAgain}`,
  );
}

/** Types of the format, present or future: `F8_E4M3`, `C64`. */
function isTypeName(dtype: string): boolean {
  return /^[A-Z][A-Z0-9_]{1,15}$/.test(dtype);
}

function unreadType(dtype: string): string {
  return `is of type ${dtype}; Fovea reads ${storedTypes.join(', ')}`;
}

function storedAt(
  { shape, start, end }: Omit<Entry, 'type'>,
  type: StoredType,
  source: Source,
  bodyStart: number,
): StoredTensor {
  return { type, shape, storage: subrange(source, bodyStart + start, end - start, source.name) };
}

function readMetadata(value: unknown, name: string): Record<string, string> {
  if (value === undefined) return {};
  if (isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string')) {
    return value as Record<string, string>;
  }
  throw new DataError(`${name}: its metadata is ${shown(value)}; expected an object of strings.`);
}

/** A value of the header in a few characters. */
function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value);
    return text.length > 200 ? `${text.slice(0, 200)}...` : text;
  } catch {
    return 'values nested too deep to show';
  }
}

function isCounts(value: unknown): value is readonly number[] {
  return isListOf(value, isCount);
}

const copyAgain = 'copy or download the file again.';
