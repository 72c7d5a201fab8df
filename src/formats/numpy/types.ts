// NumPy's names of element types: order of bytes, kind and size, as in "<f4".
import type { StoredType } from '../stored-types.ts';

const types: Readonly<Record<string, StoredType>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  i4: 'I32',
  i2: 'I16',
  i1: 'I8',
  u8: 'U64',
  u4: 'U32',
  u2: 'U16',
  u1: 'U8',
  b1: 'BOOL',
};

/** The type of a kind with its size; undefined for text, objects, complex numbers, dates and records. */
export function numpyType(code: string): StoredType | undefined {
  return Object.hasOwn(types, code) ? types[code] : undefined;
}

/** The supported types, for messages. */
export const knownNumpyTypes = Object.keys(types).join(', ');
