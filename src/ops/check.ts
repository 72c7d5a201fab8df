// Checks shared by the shape rules; each error names the operator, the shapes and the fix.

import { ShapeError } from '../base/errors.ts';
import type { ValueType } from '../graph/types.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { DType } from '../tensor/tensor.ts';

/** @throws ShapeError unless there are `least` to `most` inputs */
export function checkCount(
  operator: string,
  inputs: readonly (ValueType | undefined)[],
  least: number,
  most = least,
): void {
  if (inputs.length >= least && inputs.length <= most) return;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  throw new ShapeError(`${operator} takes ${expected} inputs, but got ${inputs.length}.`);
}

/** @throws ShapeError unless there are `least` to `most` inputs, all of them float32 */
export function checkFloats(
  operator: string,
  inputs: readonly (ValueType | undefined)[],
  least: number,
  most = least,
): void {
  checkCount(operator, inputs, least, most);
  inputs.forEach((input, i) => {
    if (input) checkDType(operator, `input ${i}`, input, 'float32');
  });
}

/** @throws ShapeError unless `axis` is an axis of `shape`, counted from 0 */
export function checkAxis(operator: string, axis: number, shape: Shape): void {
  check(
    operator,
    Number.isInteger(axis) && axis >= 0 && axis < shape.length,
    () =>
      `has no axis ${axis} in shape ${formatShape(shape)}; expected an axis from 0 to ${shape.length - 1}.`,
  );
}

/** @throws ShapeError unless `input` has as many axes as `layout`, for example `[N, C, H, W]` */
export function checkRank(operator: string, what: string, input: ValueType, layout: string): void {
  const rank = layout.split(',').length;
  if (input.shape.length === rank) return;
  throw new ShapeError(
    `${operator} expects its ${what} as ${layout}, but got shape ${formatShape(input.shape)}; reshape it to ${rank} axes.`,
  );
}

/** @throws ShapeError unless `input` has the shape `expected` */
export function checkShape(operator: string, what: string, input: ValueType, expected: Shape): void {
  if (sameShape(input.shape, expected)) return;
  throw new ShapeError(
    `${operator} expects its ${what} to have shape ${formatShape(expected)}, but got ${formatShape(input.shape)}.`,
  );
}

export function checkDType(operator: string, what: string, input: ValueType, expected: DType): void {
  if (input.dtype === expected) return;
  throw new ShapeError(`${operator} expects its ${what} as ${expected}, but got ${input.dtype}.`);
}

/** @throws ShapeError unless the condition holds; `message` follows the operator's name */
export function check(operator: string, condition: boolean, message: () => string): void {
  if (!condition) throw new ShapeError(`${operator} ${message()}`);
}

/** The type of a float tensor of `shape`. */
export function floatType(shape: Shape): ValueType {
  return { shape, dtype: 'float32' };
}
