// Element types of weight files, and how their bytes become the two types of a tensor.

interface Rule {
  readonly bytes: number;
  readonly to: 'float32' | 'int32';
  /** The element at a byte offset. */
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number;
  /** Converts all elements at once, where that is much faster; the bytes are little-endian and aligned. */
  readonly convert?: (bytes: Uint8Array) => Float32Array | Int32Array | undefined;
}

const rules = {
  F64: {
    bytes: 8,
    to: 'float32',
    read: (view, at, little) => view.getFloat64(at, little),
    convert: ({ buffer, byteOffset, length }) =>
      new Float32Array(new Float64Array(buffer, byteOffset, length / 8)),
  },
  F32: { bytes: 4, to: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  F16: {
    bytes: 2,
    to: 'float32',
    read: (view, at, little) => halfToNumber(view.getUint16(at, little)),
    convert: (bytes) => {
      const [table, source] = [halves(), words(bytes)];
      const values = new Float32Array(source.length);
      for (let i = 0; i < values.length; i++) values[i] = table[source[i]];
      return values;
    },
  },
  BF16: {
    bytes: 2,
    to: 'float32',
    read: (view, at, little) => bfloatToNumber(view.getUint16(at, little)),
    convert: (bytes) => {
      const values = new Uint32Array(bytes.length / 2);
      const source = words(bytes);
      for (let i = 0; i < values.length; i++) values[i] = source[i] << 16;
      return new Float32Array(values.buffer);
    },
  },
  I64: {
    bytes: 8,
    to: 'int32',
    read: (view, at, little) => Number(view.getBigInt64(at, little)),
    convert: (bytes) => lowHalves(bytes, (low) => low >> 31),
  },
  I32: { bytes: 4, to: 'int32', read: (view, at, little) => view.getInt32(at, little) },
  I16: { bytes: 2, to: 'int32', read: (view, at, little) => view.getInt16(at, little) },
  I8: { bytes: 1, to: 'int32', read: (view, at) => view.getInt8(at) },
  U64: {
    bytes: 8,
    to: 'int32',
    read: (view, at, little) => Number(view.getBigUint64(at, little)),
    // A negative low half does not fit into int32.
    convert: (bytes) => lowHalves(bytes, (low) => (low < 0 ? Number.NaN : 0)),
  },
  U32: { bytes: 4, to: 'int32', read: (view, at, little) => view.getUint32(at, little) },
  U16: { bytes: 2, to: 'int32', read: (view, at, little) => view.getUint16(at, little) },
  U8: { bytes: 1, to: 'int32', read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, to: 'int32', read: (view, at) => Number(view.getUint8(at) !== 0) },
} as const satisfies Record<string, Rule>;

/** Element types, with the names of safetensors. */
export type StoredType = keyof typeof rules;
export const storedTypes = Object.keys(rules) as StoredType[];

export function isStoredType(value: unknown): value is StoredType {
  return typeof value === 'string' && Object.hasOwn(rules, value);
}

export function elementBytes(type: StoredType): number {
  return rules[type].bytes;
}

/** The bytes of an array, without a copy. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** One element as a number, at full precision. */
export function elementAt(type: StoredType, bytes: Uint8Array, at: number, littleEndian = true): number {
  return rules[type].read(viewOf(bytes), at, littleEndian);
}

/** Elements from their bytes, a view of them where possible; undefined if an integer does not fit into 32 bits. */
export function arrayOf(
  type: StoredType,
  bytes: Uint8Array,
  littleEndian = true,
): Float32Array | Int32Array | undefined {
  if (littleEndian && (type === 'F32' || type === 'I32')) return viewAs(type, bytes);
  const { to, read, bytes: width, convert }: Rule = rules[type];
  if (convert && littleEndian) return convert(bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes));
  const length = bytes.length / width;
  const view = viewOf(bytes);
  const array = to === 'float32' ? new Float32Array(length) : new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const value = read(view, i * width, littleEndian);
    array[i] = value;
    if (to === 'int32' && array[i] !== value) return undefined;
  }
  return array;
}

function viewAs(type: 'F32' | 'I32', bytes: Uint8Array): Float32Array | Int32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return type === 'F32'
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Int32Array(buffer, byteOffset, byteLength / 4);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Elements of 2 bytes. */
function words({ buffer, byteOffset, length }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, length / 2);
}

/** The lower halves of elements of 8 bytes; undefined if an element does not fit into 32 bits. */
function lowHalves(
  { buffer, byteOffset, length }: Uint8Array,
  upperOf: (low: number) => number,
): Int32Array | undefined {
  const parts = new Int32Array(buffer, byteOffset, length / 4);
  const values = new Int32Array(length / 8);
  for (let i = 0; i < values.length; i++) {
    const low = parts[2 * i];
    if (parts[2 * i + 1] !== upperOf(low)) return undefined;
    values[i] = low;
  }
  return values;
}

let halfTable: Float32Array | undefined;

/** The number for each of the 2^16 patterns of half precision. */
function halves(): Float32Array {
  halfTable ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits));
  return halfTable;
}

/** IEEE 754 half precision: 1 sign bit, 5 of exponent, 10 of mantissa. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a 32-bit float. */
function bfloatToNumber(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}
