// Element types of weight files, and how their bytes become the two types of a tensor.

interface Rule {
  readonly bytes: number;
  /** Element at a byte offset; left out where the bytes can be used as they are. */
  readonly read?: (view: DataView, at: number) => number;
  readonly to: 'float32' | 'int32';
}

const rules = {
  F64: { bytes: 8, to: 'float32', read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, to: 'float32' },
  F16: { bytes: 2, to: 'float32', read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, to: 'float32', read: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
  I64: { bytes: 8, to: 'int32', read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, to: 'int32' },
  I16: { bytes: 2, to: 'int32', read: (view, at) => view.getInt16(at, true) },
  I8: { bytes: 1, to: 'int32', read: (view, at) => view.getInt8(at) },
  U8: { bytes: 1, to: 'int32', read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, to: 'int32', read: (view, at) => view.getUint8(at) },
} as const satisfies Record<string, Rule>;

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

/** Elements from little-endian bytes, a view of them where possible; undefined if an integer does not fit into 32 bits. */
export function arrayOf(type: StoredType, bytes: Uint8Array): Float32Array | Int32Array | undefined {
  const { to, read, bytes: width }: Rule = rules[type];
  const length = bytes.length / width;
  if (!read) {
    const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
    return to === 'float32'
      ? new Float32Array(buffer, byteOffset, length)
      : new Int32Array(buffer, byteOffset, length);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = to === 'float32' ? new Float32Array(length) : new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const value = read(view, i * width);
    array[i] = value;
    if (to === 'int32' && array[i] !== value) return undefined;
  }
  return array;
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

/** bfloat16 is the upper half of a 32-bit float. */
function bfloatToNumber(bits: number): number {
  const word = new DataView(new ArrayBuffer(4));
  word.setUint16(0, bits);
  return word.getFloat32(0);
}
