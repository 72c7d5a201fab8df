// What the pooling operators share: which pixels of a channel each output position covers.
import type { ValueType } from '../graph/types.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { check, checkFloats, checkRank, floatType } from './check.ts';
import { checkWindow, outputExtent, type Pair, type WindowAttributes } from './window.ts';

export type PoolAttributes = WindowAttributes & {
  readonly kernelShape: Pair;
  /** Whether a last window that reaches beyond the padding counts. */
  readonly ceilMode: boolean;
};

/** For each output position the places that it covers, in rising order. */
export type Cover = readonly (readonly number[])[];

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
      `has kernel ${formatShape(kernelShape)} and pads ${formatShape(pads)}; padding may be at most half the kernel.`,
  );
  const [height, width] = outputExtent(operator, x.shape, kernelShape, attributes, ceilMode);
  const y = floatType([x.shape[0], x.shape[1], height, width]);
  check(
    operator,
    ([0, 1] as const).every((axis) => everyWindowSeesImage(axis, x.shape, y.shape, attributes)),
    () =>
      `has a window that sees only padding of input ${formatShape(x.shape)} (kernel ${formatShape(kernelShape)}, ` +
      `dilations ${formatShape(attributes.dilations)}); use a larger image, less padding or no dilation.`,
  );
  return [y];
}

/**
 * Along one axis. No window starts behind the image, nor ends before it, since padding is at most half the kernel: the
 * image can only lie between two places of a window that starts in the padding.
 */
function everyWindowSeesImage(
  axis: 0 | 1,
  x: Shape,
  y: Shape,
  { strides, pads, dilations }: PoolAttributes,
): boolean {
  const [extent, stride, pad, dilation] = [x[axis + 2], strides[axis], pads[axis], dilations[axis]];
  if (dilation <= extent) return true;
  const inPadding = Math.min(y[axis + 2], Math.ceil(pad / stride));
  for (let i = 0; i < inPadding; i++) {
    const before = pad - i * stride;
    if (Math.ceil(before / dilation) * dilation - before >= extent) return false;
  }
  return true;
}

/** The pixels inside the image that the window of each output position covers. */
export function slidingWindows(x: Shape, y: Shape, attributes: PoolAttributes): Cover {
  return crossed(windowsAlong(0, x, y, attributes), windowsAlong(1, x, y, attributes), x[3]);
}

/** The same along rows (0) or columns (1) alone. */
function windowsAlong(
  axis: 0 | 1,
  x: Shape,
  y: Shape,
  { kernelShape, strides, pads, dilations }: PoolAttributes,
): Cover {
  return Array.from({ length: y[axis + 2] }, (_, i) =>
    Array.from(
      { length: kernelShape[axis] },
      (_, u) => i * strides[axis] - pads[axis] + u * dilations[axis],
    ).filter((place) => place >= 0 && place < x[axis + 2]),
  );
}

/** The pixels of each bin floor(i H / O) .. ceil((i + 1) H / O) of adaptive pooling. */
export function adaptiveWindows(x: Shape, y: Shape): Cover {
  return crossed(bins(x[2], y[2]), bins(x[3], y[3]), x[3]);
}

/** Bins that cut `extent` places into `count` parts as equal as can be; neighbours may share a place. */
export function bins(extent: number, count: number): Cover {
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((i * extent) / count);
    const end = Math.ceil(((i + 1) * extent) / count);
    return Array.from({ length: end - first }, (_, k) => first + k);
  });
}

/** Each output is the sum over its window of `x`, divided by the window's divisor. */
export function averageWindows(
  x: Tensor,
  y: Tensor,
  windows: Cover,
  divisors: readonly number[] = windows.map((window) => window.length),
): void {
  forEachWindow(x.shape, windows, (yAt, channelAt, window, position) => {
    let sum = 0;
    for (const place of window) sum += x.data[channelAt + place];
    y.data[yAt] = sum / divisors[position];
  });
}

/** The gradient of `averageWindows`: each pixel gets an equal share of the gradients of the windows that cover it. */
export function shareAmongWindows(
  dy: Tensor,
  dx: Tensor,
  windows: Cover,
  divisors: readonly number[] = windows.map((window) => window.length),
): void {
  const sums = new Float64Array(dx.data.length);
  forEachWindow(dx.shape, windows, (yAt, channelAt, window, position) => {
    const share = dy.data[yAt] / divisors[position];
    for (const place of window) sums[channelAt + place] += share;
  });
  dx.data.set(sums);
}

/** Calls `visit` for each output with its flat place, the place where its channel begins in `x`, and its window. */
export function forEachWindow(
  x: Shape,
  windows: Cover,
  visit: (yAt: number, channelAt: number, window: readonly number[], position: number) => void,
): void {
  const plane = x[2] * x[3];
  const channels = sizeOf(x.slice(0, 2));
  for (let channel = 0; channel < channels; channel++) {
    windows.forEach((window, position) => {
      visit(channel * windows.length + position, channel * plane, window, position);
    });
  }
}

function crossed(rows: Cover, columns: Cover, width: number): Cover {
  return rows.flatMap((rowsSeen) =>
    columns.map((columnsSeen) =>
      rowsSeen.flatMap((row) => columnsSeen.map((column) => row * width + column)),
    ),
  );
}
