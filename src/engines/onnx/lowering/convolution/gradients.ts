// Gradients of convolution on images larger than the kernel, written with convolutions and matrix products over
// channels.
import { range } from '../../../../base/numbers.ts';
import type { ModelBuilder } from '../../builder.ts';
import { area, type ConvShape, flippedPads, liveTaps } from './shape.ts';
import { pickTaps, pixelsReadByTaps, placeTaps, weightShape } from './taps.ts';

/** A transposed convolution; `output_padding` adds zeros for rows and columns that no window covers. */
export function transposedInputGradient(
  builder: ModelBuilder,
  dy: string,
  weight: string,
  shape: ConvShape,
): string {
  const { image, kernel, strides, pads, dilations, group } = shape;
  const unreached = [0, 1].map((axis) => {
    const span = dilations[axis] * (kernel[axis] - 1) + 1;
    return (image[axis] + pads[axis] + pads[axis + 2] - span) % strides[axis];
  });
  return builder.node('ConvTranspose', [dy, weight], {
    kernel_shape: kernel,
    strides,
    pads,
    dilations,
    group,
    output_padding: unreached,
  });
}

/** At stride 1: a convolution with the flipped kernel, and with input and output channels exchanged. */
export function flippedInputGradient(
  builder: ModelBuilder,
  dy: string,
  weight: string,
  shape: ConvShape,
): string {
  const { channels, outputs, kernel, dilations, group } = shape;
  const taps = range(area(kernel)).map(
    (index) => [Math.floor(index / kernel[1]), index % kernel[1]] as const,
  );
  const flipped = builder.reshape(pickTaps(builder, weight, shape, taps.toReversed()), [
    group,
    outputs / group,
    channels / group,
    area(kernel),
  ]);
  const exchanged = builder.reshape(builder.transpose(flipped, [0, 2, 1, 3]), [
    channels,
    outputs / group,
    ...kernel,
  ]);
  return builder.node('Conv', [dy, exchanged], {
    kernel_shape: kernel,
    pads: flippedPads(shape),
    dilations,
    group,
  });
}

/**
 * For each tap: dy `[K, positions]` times the pixels that the tap reads `[C, positions]`, over the positions of
 * all images.
 */
export function weightGradientByTaps(builder: ModelBuilder, x: string, dy: string, shape: ConvShape): string {
  const { images, channels, outputs, output } = shape;
  const positions = images * area(output);
  const taps = liveTaps(shape);
  const byChannel = builder.transpose(x, [1, 0, 2, 3]);
  const gradients = builder.reshape(builder.transpose(dy, [1, 0, 2, 3]), [outputs, positions]);
  const products = pixelsReadByTaps(builder, byChannel, [2, 3], shape, taps).map((seen) => {
    const rows = builder.reshape(seen, [channels, positions]);
    return builder.reshape(builder.node('Gemm', [gradients, rows], { transB: 1 }), [outputs, 1, channels]);
  });
  const byTap = builder.transpose(builder.concat(products, 1), [0, 2, 1]);
  return placeTaps(builder, builder.reshape(byTap, [outputs * channels, taps.length]), shape, taps);
}

/**
 * For each image and group: dy `[K, positions]` times the pixels that all taps read `[C U V, positions]`; then
 * the sum over images.
 */
export function weightGradientByColumns(
  builder: ModelBuilder,
  x: string,
  dy: string,
  shape: ConvShape,
): string {
  const { images, channels, outputs, group, output } = shape;
  const positions = area(output);
  const taps = liveTaps(shape);
  const seen = pixelsReadByTaps(builder, x, [2, 3], shape, taps).map((part) =>
    builder.reshape(part, [images, channels, 1, positions]),
  );
  const columns = builder.reshape(builder.concat(seen, 2), [
    images,
    group,
    (channels / group) * taps.length,
    positions,
  ]);
  const gradients = builder.reshape(dy, [images, group, outputs / group, positions]);
  const products = builder.matMul(gradients, builder.transpose(columns, [0, 1, 3, 2]));
  const picked = builder.reshape(builder.sum(products, [0]), [(outputs * channels) / group, taps.length]);
  return placeTaps(builder, picked, shape, taps);
}

/**
 * A convolution of the images with the output gradients, with images and channels exchanged:
 *   dW[k, c] = X[:, c] * dY[:, k]
 */
export function swappedWeightGradient(
  builder: ModelBuilder,
  x: string,
  dy: string,
  shape: ConvShape,
): string {
  const { output, strides, pads, dilations, kernel } = shape;
  const swap = (value: string) => builder.transpose(value, [1, 0, 2, 3]);
  const gradient = builder.node('Conv', [swap(x), swap(dy)], {
    kernel_shape: output,
    strides: dilations,
    dilations: strides,
    pads,
  });
  // With a stride there may be more positions than the kernel has taps.
  const cropped = builder.slice(gradient, { axes: [2, 3], starts: [0, 0], ends: kernel, steps: [1, 1] });
  return builder.reshape(swap(cropped), weightShape(shape));
}
