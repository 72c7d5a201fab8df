// Shared by the forms of convolution: the pixels that each tap reads, and the selection of taps from the kernel.
import { range } from '../../../../base/numbers.ts';
import type { ModelBuilder } from '../../builder.ts';
import { float32Tensor } from '../../graph.ts';
import { area, type ConvShape, firstPixel, type Tap } from './shape.ts';

/**
 * The pixels that each tap reads: `x` with height and width at `axes` -> for each tap the same layout with the
 * height and width of the output.
 */
export function pixelsReadByTaps(
  builder: ModelBuilder,
  x: string,
  axes: readonly [1, 2] | readonly [2, 3],
  shape: ConvShape,
  taps: readonly Tap[],
): string[] {
  const padStart = [0, 1].map(
    (axis) => -Math.min(0, ...taps.map((tap) => firstPixel(shape, tap, axis as 0 | 1))),
  );
  const spans = [0, 1].map((axis) => (shape.output[axis] - 1) * shape.strides[axis] + 1);
  const ends = [0, 1].map(
    (axis) => Math.max(...taps.map((tap) => firstPixel(shape, tap, axis as 0 | 1))) + spans[axis],
  );
  const padEnd = ends.map((end, axis) => Math.max(0, end - shape.image[axis]));
  const atAxes = (widths: readonly number[]) => range(4).map((axis) => widths[axis - axes[0]] ?? 0);
  const padded = builder.pad(x, atAxes(padStart), atAxes(padEnd));
  return taps.map((tap) => {
    const starts = padStart.map((width, axis) => firstPixel(shape, tap, axis as 0 | 1) + width);
    const whole = starts.every(
      (start, axis) => start === 0 && spans[axis] === padStart[axis] + shape.image[axis] + padEnd[axis],
    );
    if (whole && area(shape.strides) === 1) return padded;
    const sliceEnds = starts.map((start, axis) => start + spans[axis]);
    return builder.slice(padded, { axes, starts, ends: sliceEnds, steps: shape.strides });
  });
}

/**
 * The weights of `taps` in that order: `[K, C, U, V]` -> `[K C, taps]`. A product with a selection matrix is
 * several times faster than gathering single elements.
 */
export function pickTaps(
  builder: ModelBuilder,
  weight: string,
  shape: ConvShape,
  taps: readonly Tap[],
): string {
  const kernels = builder.reshape(weight, [weightPlanes(shape), area(shape.kernel)]);
  return inOrder(shape, taps) ? kernels : builder.matMul(kernels, selectionMatrix(builder, shape, taps));
}

/** The inverse: `[K C, taps]` -> `[K, C, U, V]`, with zeros for the other taps. */
export function placeTaps(
  builder: ModelBuilder,
  picked: string,
  shape: ConvShape,
  taps: readonly Tap[],
): string {
  const planes = inOrder(shape, taps)
    ? picked
    : builder.matMul(picked, builder.transpose(selectionMatrix(builder, shape, taps), [1, 0]));
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

/** `[U V, taps]`: in each column a 1 at the index of the tap in the kernel. */
function selectionMatrix(builder: ModelBuilder, { kernel }: ConvShape, taps: readonly Tap[]): string {
  const rows = range(area(kernel)).map((index) =>
    taps.map(([u, v]) => (u * kernel[1] + v === index ? 1 : 0)),
  );
  return builder.constant(float32Tensor(rows.flat(), [rows.length, taps.length]));
}
