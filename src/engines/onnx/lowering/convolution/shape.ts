// The extents of a convolution, and the rules that choose its form from them.
import { range } from '../../../../base/numbers.ts';
import type { ConvAttributes } from '../../../../ops/conv.ts';
import type { Pads, Pair } from '../../../../ops/window.ts';
import type { Shape } from '../../../../tensor/shape.ts';

export interface ConvShape {
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  readonly group: number;
  /** [height, width] of the image, the kernel and the output. */
  readonly image: Pair;
  readonly kernel: Pair;
  readonly output: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  readonly dilations: Pair;
}

/** A tap: the row and column of a weight in the kernel. */
export type Tap = Pair;

export function convShape(x: Shape, weight: Shape, y: Shape, attributes: ConvAttributes): ConvShape {
  const { group, strides, pads, dilations } = attributes;
  return {
    images: x[0],
    channels: x[1],
    outputs: weight[0],
    group,
    image: [x[2], x[3]],
    kernel: [weight[2], weight[3]],
    output: [y[2], y[3]],
    strides,
    pads,
    dilations,
  };
}

export function area([height, width]: Pair): number {
  return height * width;
}

/** Row or column of the image that a tap reads at the first output position; negative in the padding. */
export function firstPixel({ dilations, pads }: ConvShape, tap: Tap, axis: 0 | 1): number {
  return tap[axis] * dilations[axis] - pads[axis];
}

/** The taps that read a pixel at some position; on small images others read padding only. */
export function liveTaps(shape: ConvShape): Tap[] {
  const along = (axis: 0 | 1): number[] =>
    range(shape.kernel[axis]).filter((k) =>
      range(shape.output[axis]).some((position) => {
        const pixel = firstPixel(shape, [k, k], axis) + position * shape.strides[axis];
        return pixel >= 0 && pixel < shape.image[axis];
      }),
    );
  return along(0).flatMap((u) => along(1).map((v): Tap => [u, v]));
}

/** Whether every tap reads padding only: the output is the bias, and the gradients are zero. */
export function readsOnlyPadding(shape: ConvShape): boolean {
  return liveTaps(shape).length === 0;
}

/** Below this batch size, rearranging the weights costs more than it saves. */
const MANY_IMAGES = 16;

/** Images no larger than the kernel: every output depends on the whole image, as in a fully connected layer. */
export function isDense(shape: ConvShape): boolean {
  const enough = shape.images >= MANY_IMAGES || area(shape.output) === 1;
  return shape.group === 1 && enough && area(shape.image) <= area(shape.kernel);
}

/** Few positions per image: one matrix product for all images is faster than one for each. */
export function isForwardMatrix(shape: ConvShape): boolean {
  return canBeMatrix(shape) && area(shape.output) <= 4;
}

export function isInputGradientMatrix(shape: ConvShape): boolean {
  const manyOutputs = area(shape.strides) === 1 ? 128 : 256;
  return canBeMatrix(shape) && area(shape.output) <= 64 && shape.outputs >= manyOutputs;
}

export function isWeightGradientMatrix(shape: ConvShape): boolean {
  return canBeMatrix(shape) && area(shape.output) <= 32;
}

function canBeMatrix({ group, images, channels }: ConvShape): boolean {
  return group === 1 && images >= MANY_IMAGES / 2 && channels > 8;
}

/**
 * Whether the input gradient is written as a convolution with the flipped kernel. That copies elements of the
 * output gradient; a transposed convolution adds contributions to the input gradient, which are fewer if there
 * are few channels.
 */
export function isFlipped(shape: ConvShape): boolean {
  const { channels, outputs, image, output, kernel } = shape;
  const fits = flippedPads(shape).every((pad) => pad >= 0) && area(shape.strides) === 1;
  const copied = area(image) * outputs;
  const added = area(output) * channels;
  return fits && (area(kernel) === 1 || channels >= 16 || copied <= 3 * added);
}

/** Padding with which the output of the flipped convolution has the extent of the image. */
export function flippedPads({ image, output, kernel, dilations, pads }: ConvShape): Pads {
  const reach = (axis: 0 | 1): number => dilations[axis] * (kernel[axis] - 1);
  const padStart = (axis: 0 | 1): number => reach(axis) - pads[axis];
  const padEnd = (axis: 0 | 1): number => image[axis] - output[axis] + reach(axis) - padStart(axis);
  return [padStart(0), padStart(1), padEnd(0), padEnd(1)];
}

/** The form of the weight gradient of larger images. */
export function weightGradientForm({ group, channels, kernel, output }: ConvShape) {
  const taps = area(kernel);
  if (group > 1) return 'columns';
  if (channels <= 8) return taps >= 25 ? 'swapped' : 'columns';
  return taps === 1 && area(output) >= 128 ? 'columns' : 'taps';
}
