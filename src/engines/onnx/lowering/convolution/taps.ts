// What the forms of convolution share: what a tap of the kernel sees, and picking taps out of the kernel.

import { range } from '../../../../base/numbers.ts';
import type { ModelBuilder } from '../../builder.ts';
import { float32Tensor } from '../../graph.ts';
import { area, type ConvShape, firstSeen, type Tap } from './shape.ts';

/**
 * What each of `taps` sees of the images: `x` with height and width at `axes` -> for each tap the same layout with the
 * output's height and width.
 */
export function seenByTaps(
  builder: ModelBuilder,
  x: string,
  axes: readonly [1, 2] | readonly [2, 3],
  shape: ConvShape,
  taps: readonly Tap[],
): string[] {
  const before = [0, 1].map(
    (axis) => -Math.min(0, ...taps.map((tap) => firstSeen(shape, tap, axis as 0 | 1))),
  );
  const spans = [0, 1].map((axis) => (shape.output[axis] - 1) * shape.strides[axis] + 1);
  const ends = [0, 1].map(
    (axis) => Math.max(...taps.map((tap) => firstSeen(shape, tap, axis as 0 | 1))) + spans[axis],
  );
  const after = ends.map((end, axis) => Math.max(0, end - shape.image[axis]));
  const atAxes = (widths: readonly number[]) => range(4).map((axis) => widths[axis - axes[0]] ?? 0);
  const padded = builder.pad(x, atAxes(before), atAxes(after));
  return taps.map((tap) => {
    const starts = before.map((width, axis) => firstSeen(shape, tap, axis as 0 | 1) + width);
    const whole = starts.every(
      (start, axis) => start === 0 && spans[axis] === before[axis] + shape.image[axis] + after[axis],
    );
    if (whole && area(shape.strides) === 1) return padded;
    const seenEnds = starts.map((start, axis) => start + spans[axis]);
    return builder.slice(padded, { axes, starts, ends: seenEnds, steps: shape.strides });
  });
}

/**
 * The weights of `taps` in that order: `[K, C, U, V]` -> `[K C, taps]`. Written as a product with a matrix of zeros and
 * ones, which runs several times faster than gathering single numbers.
 */
export function pickTaps(
  builder: ModelBuilder,
  weight: string,
  shape: ConvShape,
  taps: readonly Tap[],
): string {
  const kernels = builder.reshape(weight, [weightPlanes(shape), area(shape.kernel)]);
  return inOrder(shape, taps) ? kernels : builder.matMul(kernels, picking(builder, shape, taps));
}

/** The reverse: `[K C, taps]` -> `[K, C, U, V]`, with zeros for the other taps. */
export function placeTaps(
  builder: ModelBuilder,
  picked: string,
  shape: ConvShape,
  taps: readonly Tap[],
): string {
  const planes = inOrder(shape, taps)
    ? picked
    : builder.matMul(picked, builder.transpose(picking(builder, shape, taps), [1, 0]));
  return builder.reshape(planes, weightShape(shape));
}

export function weightShape({ outputs, channels, group, kernel }: ConvShape): number[] {
  return [outputs, channels / group, ...kernel];
}

function weightPlanes({ outputs, channels, group }: ConvShape): number {
  return (outputs * channels) / group;
}

/** Whether `taps` are all taps of the kernel, row by row. */
function inOrder({ kernel }: ConvShape, taps: readonly Tap[]): boolean {
  return taps.length === area(kernel) && taps.every(([u, v], i) => u * kernel[1] + v === i);
}

/** `[U V, taps]`: a one in each column, at the tap's place in the kernel. */
function picking(builder: ModelBuilder, { kernel }: ConvShape, taps: readonly Tap[]): string {
  const rows = range(area(kernel)).map((place) =>
    taps.map(([u, v]) => (u * kernel[1] + v === place ? 1 : 0)),
  );
  return builder.constant(float32Tensor(rows.flat(), [rows.length, taps.length]));
}
