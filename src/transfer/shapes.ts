// Named shapes of parameters and tensors, and when a tensor fits a parameter.
import { type Shape, sameShape } from '../tensor/shape.ts';

/** The names and shapes of a model's parameters, or of a file's tensors. */
export type Shapes = ReadonlyMap<string, { readonly shape: Shape }>;

/** Whether a tensor has a parameter's shape, or that of its transpose. */
export function fits(expected: Shape, actual: Shape): boolean {
  return sameShape(expected, actual) || isTransposed(expected, actual);
}

/** Whether a matrix has the transposed shape. False for square matrices, whose shape does not show it. */
export function isTransposed(expected: Shape, actual: Shape): boolean {
  return expected.length === 2 && !isSquare(expected) && sameShape(expected.toReversed(), actual);
}

export function isSquare(shape: Shape): boolean {
  return shape.length === 2 && shape[0] === shape[1];
}
