// Host tensors: a shape over a typed array, row-major.
import { ShapeError } from '../base/errors.ts';
import { formatShape, type Shape, sizeOf } from './shape.ts';

export type DType = 'float32' | 'int32';

interface Arrays {
  float32: Float32Array;
  int32: Int32Array;
}

/** Values on the host. `data` holds `sizeOf(shape)` elements in row-major order. */
export interface TensorOf<D extends DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: Arrays[D];
}

/** A float32 tensor in host memory: `shape`, and `data` in row-major order. */
export type FloatTensor = TensorOf<'float32'>;
/** An int32 tensor in host memory: `shape`, and `data` in row-major order. */
export type IntTensor = TensorOf<'int32'>;
/** A tensor in host memory. */
export type Tensor = FloatTensor | IntTensor;

/**
 * A float32 tensor. A Float32Array is used without a copy.
 *
 *     floatTensor([2, 3], [1, 2, 3, 4, 5, 6]);
 *
 * @param data elements in row-major order
 * @throws ShapeError if the shape does not have as many elements as `data`
 */
export function floatTensor(shape: Shape, data: Float32Array | readonly number[]): FloatTensor {
  const array = data instanceof Float32Array ? data : Float32Array.from(data);
  return { dtype: 'float32', shape: checkedShape(shape, array.length), data: array };
}

/**
 * An int32 tensor, for example of labels. An Int32Array is used without a copy.
 * @param data elements in row-major order
 * @throws ShapeError if the shape does not have as many elements as `data`
 */
export function intTensor(shape: Shape, data: Int32Array | readonly number[]): IntTensor {
  const array = data instanceof Int32Array ? data : Int32Array.from(data);
  return { dtype: 'int32', shape: checkedShape(shape, array.length), data: array };
}

/** A float32 tensor of shape `[]`. */
export function scalar(value: number): FloatTensor {
  return floatTensor([], [value]);
}

/**
 * A tensor of zeros, float32 by default.
 * @throws ShapeError if an extent is not a non-negative integer
 */
export function zeros(shape: Shape): FloatTensor;
export function zeros<D extends DType>(shape: Shape, dtype: D): TensorOf<D>;
export function zeros(shape: Shape, dtype: DType = 'float32'): Tensor {
  const size = sizeOf(shape);
  return dtype === 'float32'
    ? floatTensor(shape, new Float32Array(size))
    : intTensor(shape, new Int32Array(size));
}

function checkedShape(shape: Shape, length: number): Shape {
  const invalid = shape.some((extent) => !Number.isInteger(extent) || extent < 0);
  if (invalid || sizeOf(shape) !== length) {
    throw new ShapeError(
      `a tensor of shape ${formatShape(shape)} needs ${sizeOf(shape)} values, got ${length}; ` +
        'extents must be non-negative integers whose product is the number of values.',
    );
  }
  return shape;
}
