// A tensor as stored in a file: type, place and strides of its elements.
import { DataError } from '../base/errors.ts';
import { isCount } from '../base/json.ts';
import { formatShape, type Shape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { floatTensor, intTensor, type Tensor } from '../tensor/tensor.ts';
import { MAX_RANK } from './limits.ts';
import type { Bytes } from './source.ts';
import { arrayOf, elementBytes, type StoredType } from './stored-types.ts';

export interface StoredTensor {
  readonly type: StoredType;
  readonly shape: Shape;
  /** The bytes that hold the elements; other tensors may share them. */
  readonly storage: Bytes;
  /** Offset of the first element in the storage, in elements (default: 0). */
  readonly offset?: number;
  /** Strides in elements (default: row-major). */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
}

/** What is wrong with the shape, strides or offset of a tensor, in words; undefined if it lies within its storage. */
export function findFault(stored: StoredTensor): string | undefined {
  const { type, shape, offset = 0, strides } = stored;
  if (shape.length > MAX_RANK) return `has ${shape.length} axes; expected at most ${MAX_RANK}`;
  const steps = strides ?? stridesOf(shape);
  if (!areCounts(shape)) return `has the shape ${formatList(shape)}; expected non-negative integers`;
  if (!areCounts(steps) || !areCounts([offset]) || steps.length !== shape.length) {
    return `has the strides ${formatList(steps)} and the offset ${offset}; expected non-negative integers, one stride for each axis`;
  }
  const held = heldElements(stored);
  const needed = shape.includes(0) ? 0 : offset + reachOf(shape, steps);
  if (needed > held) {
    return `needs ${needed} elements, as ${type} ${formatShape(shape)} from element ${offset} on, but ${held} are there`;
  }
  return undefined;
}

/**
 * Why a valid tensor is not read, in words, if it has more elements than its storage (PyTorch's `expand`). Any other takes at
 * most four times the memory of its storage.
 */
export function repeatsElements(stored: StoredTensor): string | undefined {
  const [count, held] = [sizeOf(stored.shape), heldElements(stored)];
  if (count <= held) return undefined;
  return `repeats elements: it has ${count}, but ${held} are there; write a copy of it (contiguous())`;
}

/** Bytes from the first element of a valid tensor to the last: what is read from its storage. */
export function spanBytes({ type, shape, strides = stridesOf(shape) }: StoredTensor): number {
  return shape.includes(0) ? 0 : reachOf(shape, strides) * elementBytes(type);
}

function heldElements({ type, storage }: StoredTensor): number {
  return Math.floor(storage.size / elementBytes(type));
}

/**
 * Reads a valid tensor. Floating-point types become float32, integers and booleans int32.
 * @param name what messages call it
 * @throws DataError if it holds integers that int32 cannot
 */
export async function readStored(stored: StoredTensor, name: string): Promise<Tensor> {
  const { type, shape, storage, offset = 0, strides = stridesOf(shape), bigEndian = false } = stored;
  const width = elementBytes(type);
  const length = shape.includes(0) ? 0 : reachOf(shape, strides);
  const bytes = await storage.read(length > 0 ? offset * width : 0, length * width);
  const array = arrayOf(type, rowMajor(bytes, width, shape, strides), !bigEndian);
  if (array === undefined) {
    throw new DataError(`${name} holds integers beyond 32 bits; store it as int32 or float32.`);
  }
  return array instanceof Float32Array ? floatTensor(shape, array) : intTensor(shape, array);
}

/** Number of elements from the first to the last of a tensor without empty axes. */
function reachOf(shape: Shape, strides: readonly number[]): number {
  return shape.reduce((reach, extent, axis) => reach + (extent - 1) * strides[axis], 1);
}

/** The elements, `width` bytes each, in row-major order; the same bytes if they are already. */
function rowMajor(bytes: Uint8Array, width: number, shape: Shape, strides: readonly number[]): Uint8Array {
  const usual = stridesOf(shape);
  if (shape.every((extent, axis) => extent === 1 || strides[axis] === usual[axis])) return bytes;
  // An element of 8 bytes is two of 4.
  if (width === 8) return rowMajor(bytes, 4, [...shape, 2], [...strides.map((stride) => 2 * stride), 1]);
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const from = wordsOf(width, aligned.buffer, aligned.byteOffset, aligned.length / width);
  const ordered = wordsOf(width, new ArrayBuffer(sizeOf(shape) * width));
  copyOrdered(from, ordered, shape, strides);
  return new Uint8Array(ordered.buffer);
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function wordsOf(width: number, ...part: [buffer: ArrayBufferLike, start?: number, length?: number]): Words {
  if (width === 1) return new Uint8Array(...part);
  return width === 2 ? new Uint16Array(...part) : new Uint32Array(...part);
}

/** Elements that are copied at once: small enough that source and target fit into the cache. */
const BLOCK = 4096;

/** A part of a tensor, with the places of its first element in source and target. */
interface Part {
  readonly shape: Shape;
  readonly source: number;
  readonly target: number;
}

/** Copies a tensor of at least one axis and element into row-major order: halves it until the parts are small. */
function copyOrdered(from: Words, to: Words, shape: Shape, strides: readonly number[]): void {
  const targets = stridesOf(shape);
  const copy = (part: Part): void => {
    if (sizeOf(part.shape) <= BLOCK) {
      copyBlock(from, to, part, strides, targets);
      return;
    }
    const axis = part.shape.indexOf(Math.max(...part.shape));
    const half = part.shape[axis] >> 1;
    copy({ ...part, shape: part.shape.with(axis, half) });
    copy({
      shape: part.shape.with(axis, part.shape[axis] - half),
      source: part.source + half * strides[axis],
      target: part.target + half * targets[axis],
    });
  };
  copy({ shape, source: 0, target: 0 });
}

/** A row of the last axis at a time. */
function copyBlock(
  from: Words,
  to: Words,
  { shape, source, target }: Part,
  strides: readonly number[],
  targets: readonly number[],
): void {
  const last = shape.length - 1;
  const [inner, step] = [shape[last], strides[last]];
  const rows = sizeOf(shape) / inner;
  const index = shape.map(() => 0);
  for (let row = 0, read = source, write = target; row < rows; row++) {
    for (let i = 0; i < inner; i++) to[write + i] = from[read + i * step];
    for (let axis = last - 1; axis >= 0; axis--) {
      read += strides[axis];
      write += targets[axis];
      if (++index[axis] < shape[axis]) break;
      read -= index[axis] * strides[axis];
      write -= index[axis] * targets[axis];
      index[axis] = 0;
    }
  }
}

function areCounts(values: readonly unknown[]): boolean {
  return values.every(isCount);
}

function formatList(values: readonly unknown[]): string {
  return formatShape(values.map(Number)).slice(0, 100);
}
