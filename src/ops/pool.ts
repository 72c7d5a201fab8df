// Shared by the pooling operators: the pixels that the window of each output position covers.
import type { ValueType } from '../graph/types.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { check, checkFloats, checkRank, floatType } from './check.ts';
import { checkWindow, outputExtent, type Pair, type WindowAttributes } from './window.ts';

export type PoolAttributes = WindowAttributes & {
  readonly kernelShape: Pair;
  /** Whether the output size is rounded up, so that a last window may reach beyond the padding. */
  readonly ceilMode: boolean;
};

/** For each output position, the indices of the pixels in its window, in ascending order. */
export type Windows = readonly (readonly number[])[];

/**
 * Shape rule of the sliding pools: `[N, C, H, W]` -> `[N, C, H', W']`.
 * @throws ShapeError if the window does not fit, or padding fills more than half of it
 */
export function inferPool(
  operator: string,
  inputs: readonly ValueType[],
  attributes: PoolAttributes,
): readonly [ValueType] {
  const { kernelShape, pads, ceilMode } = attributes;
  checkFloats(operator, inputs, 1);
  const [x] = inputs;
  checkRank(operator, 'input', x, '[N, C, H, W]');
  checkWindow(operator, kernelShape, attributes);
  check(
    operator,
    pads.every((pad, side) => 2 * pad <= kernelShape[side % 2]),
    () =>
      `has kernel ${formatShape(kernelShape)} and pads ${formatShape(pads)}; padding must be at most half the kernel.`,
  );
  const [height, width] = outputExtent(operator, x.shape, kernelShape, attributes, ceilMode);
  const y = floatType([x.shape[0], x.shape[1], height, width]);
  check(
    operator,
    ([0, 1] as const).every((axis) => everyWindowCoversImage(axis, x.shape, y.shape, attributes)),
    () =>
      `has a window that covers only padding of input ${formatShape(x.shape)} (kernel ${formatShape(kernelShape)}, ` +
      `dilations ${formatShape(attributes.dilations)}); use a larger image, less padding or no dilation.`,
  );
  return [y];
}

/**
 * Whether every window covers a pixel along one axis. As padding is at most half the kernel, no window lies
 * wholly before or after the image; it can only fall between two taps of a dilated window that starts in the padding.
 */
function everyWindowCoversImage(
  axis: 0 | 1,
  x: Shape,
  y: Shape,
  { strides, pads, dilations }: PoolAttributes,
): boolean {
  const [extent, stride, pad, dilation] = [x[axis + 2], strides[axis], pads[axis], dilations[axis]];
  if (dilation <= extent) return true;
  const inPadding = Math.min(y[axis + 2], Math.ceil(pad / stride));
  for (let i = 0; i < inPadding; i++) {
    const distance = pad - i * stride; // from the start of the window to the image
    if (Math.ceil(distance / dilation) * dilation - distance >= extent) return false;
  }
  return true;
}

/** The pixels of the image in each sliding window, without padding. */
export function slidingWindows(x: Shape, y: Shape, attributes: PoolAttributes): Windows {
  return cartesian(windowsAlong(0, x, y, attributes), windowsAlong(1, x, y, attributes), x[3]);
}

/** The same along rows (axis 0) or columns (axis 1) only. */
function windowsAlong(
  axis: 0 | 1,
  x: Shape,
  y: Shape,
  { kernelShape, strides, pads, dilations }: PoolAttributes,
): Windows {
  return Array.from({ length: y[axis + 2] }, (_, i) =>
    Array.from(
      { length: kernelShape[axis] },
      (_, u) => i * strides[axis] - pads[axis] + u * dilations[axis],
    ).filter((pixel) => pixel >= 0 && pixel < x[axis + 2]),
  );
}

/** The pixels of each bin floor(i H / O) .. ceil((i + 1) H / O) of adaptive pooling. */
export function adaptiveWindows(x: Shape, y: Shape): Windows {
  return cartesian(bins(x[2], y[2]), bins(x[3], y[3]), x[3]);
}

/** Divides `extent` pixels into `count` bins of nearly equal size; adjacent bins may overlap by one pixel. */
export function bins(extent: number, count: number): Windows {
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((i * extent) / count);
    const end = Math.ceil(((i + 1) * extent) / count);
    return Array.from({ length: end - first }, (_, k) => first + k);
  });
}

/** Writes to `y` the sum of each window of `x` divided by the divisor of the window, its size by default. */
export function averageWindows(
  x: Tensor,
  y: Tensor,
  windows: Windows,
  divisors: readonly number[] = windows.map((window) => window.length),
): void {
  forEachWindow(x.shape, windows, (yOffset, channelOffset, window, position) => {
    let sum = 0;
    for (const pixel of window) sum += x.data[channelOffset + pixel];
    y.data[yOffset] = sum / divisors[position];
  });
}

/** Gradient of `averageWindows`: adds dy / divisor of each window to all of its pixels. */
export function averageWindowsGradient(
  dy: Tensor,
  dx: Tensor,
  windows: Windows,
  divisors: readonly number[] = windows.map((window) => window.length),
): void {
  const sums = new Float64Array(dx.data.length);
  forEachWindow(dx.shape, windows, (yOffset, channelOffset, window, position) => {
    const gradient = dy.data[yOffset] / divisors[position];
    for (const pixel of window) sums[channelOffset + pixel] += gradient;
  });
  dx.data.set(sums);
}

/**
 * Calls `visit` for each output with its offset, the offset of its channel in `x`, its window and the window's index.
 */
export function forEachWindow(
  x: Shape,
  windows: Windows,
  visit: (yOffset: number, channelOffset: number, window: readonly number[], position: number) => void,
): void {
  const plane = x[2] * x[3];
  const channels = sizeOf(x.slice(0, 2));
  for (let channel = 0; channel < channels; channel++) {
    windows.forEach((window, position) => {
      visit(channel * windows.length + position, channel * plane, window, position);
    });
  }
}

/** The windows over an image from those over its rows and its columns. */
function cartesian(rows: Windows, columns: Windows, width: number): Windows {
  return rows.flatMap((rowIndices) =>
    columns.map((columnIndices) =>
      rowIndices.flatMap((row) => columnIndices.map((column) => row * width + column)),
    ),
  );
}
