// Sliding windows: the arithmetic shared by convolution and pooling.

import { ShapeError } from '../base/errors.ts';
import type { Window } from '../graph/types.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';

/** [height, width] */
export type Pair = readonly [number, number];
/** [top, left, bottom, right], ONNX's order. */
export type Pads = readonly [number, number, number, number];

/** Attributes of a sliding window; `defaultWindow` has the defaults. */
export type WindowAttributes = {
  readonly strides: Pair;
  readonly pads: Pads;
  readonly dilations: Pair;
};

export const defaultWindow: WindowAttributes = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };

/**
 * Number of window positions along both axes, PyTorch's rule:
 * floor((extent + padding - dilation * (kernel - 1) - 1) / stride) + 1. In `ceilMode` ceil replaces floor, and
 * a last window that would start beyond the image and its leading padding is dropped.
 * @throws ShapeError if no window fits
 */
export function outputExtent(
  operator: string,
  image: Shape,
  kernel: Pair,
  { strides, pads, dilations }: WindowAttributes,
  ceilMode = false,
): Pair {
  const along = (axis: 0 | 1): number => {
    const extent = image[axis + 2];
    const span = dilations[axis] * (kernel[axis] - 1) + 1;
    const steps = (extent + pads[axis] + pads[axis + 2] - span) / strides[axis];
    const count = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    const startsBeyond = ceilMode && (count - 1) * strides[axis] >= extent + pads[axis];
    const fitting = startsBeyond ? count - 1 : count;
    if (fitting >= 1) return fitting;
    const side = axis === 0 ? 'height' : 'width';
    throw new ShapeError(
      `${operator}: a window of ${side} ${span} does not fit input ${formatShape(image)} with padding ` +
        `${pads[axis]} + ${pads[axis + 2]}; use a larger image, more padding or a smaller kernel.`,
    );
  };
  return [along(0), along(1)];
}

/** @throws ShapeError unless kernel, strides and dilations are positive integers and pads non-negative integers */
export function checkWindow(
  operator: string,
  kernel: Pair,
  { strides, pads, dilations }: WindowAttributes,
): void {
  const positive = [...kernel, ...strides, ...dilations].every((n) => Number.isInteger(n) && n > 0);
  const padsValid = pads.every((n) => Number.isInteger(n) && n >= 0);
  if (positive && padsValid) return;
  throw new ShapeError(
    `${operator} got kernel ${formatShape(kernel)}, strides ${formatShape(strides)}, dilations ` +
      `${formatShape(dilations)}, pads ${formatShape(pads)}; kernel, strides and dilations must be positive integers, ` +
      'pads non-negative integers.',
  );
}

export function windowOf(kernel: Pair, { strides, dilations }: WindowAttributes): Window {
  return { kernel, strides, dilations };
}
