// Shapes: lists of non-negative integers, outermost dimension first. Batches of images are [N, C, H, W].
import { ShapeError } from '../base/errors.ts';

/** Extents of a tensor, outermost axis first; `[]` is the shape of a scalar. Batches of images are `[N, C, H, W]`. */
export type Shape = readonly number[];

/** Number of elements; 1 for a scalar (empty shape). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `[1, 3, 224, 224]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/**
 * The shape of two operands after broadcasting: aligned at the last axis, extents equal or 1.
 * @throws ShapeError if an axis has two different extents, neither of them 1
 */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const extentA = a[axis - rank + a.length] ?? 1;
    const extentB = b[axis - rank + b.length] ?? 1;
    if (extentA !== extentB && extentA !== 1 && extentB !== 1) {
      throw new ShapeError(
        `${formatShape(a)} and ${formatShape(b)} do not broadcast: axis ${axis} has extents ${extentA} and ${extentB}; ` +
          'make them equal, or one of them 1.',
      );
    }
    return extentA === 1 ? extentB : extentA;
  });
}
