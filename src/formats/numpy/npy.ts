// NumPy's files of one array. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
// Layout: "\x93NUMPY", version (2 bytes), length of the header, header (a Python dict as text), elements.
import { DataError } from '../../base/errors.ts';
import { type Shape, sizeOf, stridesOf } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Bytes, type Source, subrange } from '../source.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { bytesOf, elementBytes } from '../stored-types.ts';
import { type Content, ONLY_TENSOR } from '../tensor-file.ts';
import { knownNumpyTypes, numpyType } from './types.ts';

const MAGIC = [0x93, ...Buffer.from('NUMPY')];
const PREAMBLE_BYTES = 12;
const MAX_HEADER_BYTES = 65_536;
const ALIGNMENT = 64;

export function isNpy(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/**
 * The array of an .npy file, called `tensor`.
 * @throws DataError if the file is damaged, or its elements are not numbers
 */
export async function readNpy(source: Source): Promise<Content> {
  const array = await readArray(source, source.name);
  if ('unreadable' in array) throw new DataError(`${source.name}: ${array.unreadable}.`);
  return { format: 'npy', tensors: new Map([[ONLY_TENSOR, array]]), metadata: {} };
}

/** Why an array is not read: the type of its elements is not supported. */
interface UnreadableArray {
  readonly unreadable: string;
}

/**
 * The array in bytes that are an .npy file.
 * @param name what messages call them
 * @throws DataError if they are damaged
 */
export async function readArray(bytes: Bytes, name: string): Promise<StoredTensor | UnreadableArray> {
  const preamble = await bytes.read(0, Math.min(bytes.size, PREAMBLE_BYTES));
  if (!isNpy(preamble) || preamble.length < PREAMBLE_BYTES) {
    throw new DataError(`${name}: is not a NumPy array; expected it to start with "\\x93NUMPY".`);
  }
  const view = new DataView(preamble.buffer, preamble.byteOffset);
  const isShort = preamble[6] === 1; // Version 1 has a length of 2 bytes, 2 and 3 have one of 4.
  const [start, length] = isShort ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES) {
    throw new DataError(`${name}: has a header of ${length} bytes; expected at most ${MAX_HEADER_BYTES}.`);
  }
  const header = new TextDecoder('latin1').decode(await bytes.read(start, length));
  return arrayOfHeader(header, subrange(bytes, start + length, bytes.size - start - length, name), name);
}

/** An .npy file in two chunks: its header, and a view of the elements. */
export function npyParts({ dtype, shape, data }: Tensor): Uint8Array[] {
  const descr = dtype === 'float32' ? '<f4' : '<i4';
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${extents}), }`;
  const length = Math.ceil((10 + dict.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const preamble = [...MAGIC, 1, 0, length & 0xff, length >> 8];
  return [
    Buffer.concat([Uint8Array.from(preamble), Buffer.from(`${dict.padEnd(length - 1)}\n`)]),
    bytesOf(data),
  ];
}

/** Strides in elements when the first axis is innermost (Fortran order). */
export function columnMajorStrides(shape: Shape): number[] {
  return stridesOf(shape.toReversed()).reverse();
}

function arrayOfHeader(header: string, storage: Bytes, name: string): StoredTensor | UnreadableArray {
  const problem = (expected: string) =>
    `has the header ${JSON.stringify(header.trim().slice(0, 200))}; expected ${expected}`;
  const fault = (expected: string) => new DataError(`${name}: ${problem(expected)}.`);
  const types = `a 'descr' of one of the types ${knownNumpyTypes}`;
  if (!header.includes("'descr':")) throw fault(types);
  const descr = /'descr': *'([<>|=])([a-zA-Z]\d+)'/.exec(header);
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const extents = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (order === undefined || extents === undefined) throw fault("'fortran_order' and 'shape' in it");
  const type = descr && numpyType(descr[2]);
  if (!type) return { unreadable: problem(types) };
  const shape = extents
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number);
  const needed = sizeOf(shape) * elementBytes(type);
  if (needed !== storage.size) throw fault(`${needed} bytes after it, but ${storage.size} follow`);
  const strides = order === 'True' ? { strides: columnMajorStrides(shape) } : {};
  return { type, shape, storage, bigEndian: descr[1] === '>', ...strides };
}
