// Offsets into a tensor's flat, row-major data.
import { type Shape, sizeOf, stridesOf } from '../tensor/shape.ts';

/**
 * For each element of `shape`, in order: the offset of its value in a tensor of shape `small` that is broadcast
 * to `shape`.
 */
export function broadcastOffsets(small: Shape, shape: Shape): Uint32Array {
  const strides = stridesOf(small).map((stride, axis) => (small[axis] === 1 ? 0 : stride));
  const leading = shape.length - small.length;
  return stridedOffsets(
    shape,
    shape.map((_, axis) => (axis < leading ? 0 : strides[axis - leading])),
    0,
  );
}

/** For each element of `shape`, in order: start + sum over axes of index times stride. */
export function stridedOffsets(shape: Shape, strides: readonly number[], start: number): Uint32Array {
  const result = new Uint32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
