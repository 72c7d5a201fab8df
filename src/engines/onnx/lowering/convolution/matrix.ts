// Convolution as one matrix product over the positions of all images (im2col): the row of a position holds, tap
// by tap, the channels of the pixel that the tap reads. Images pass through the layout [N, H, W, C].
import type { ModelBuilder } from '../../builder.ts';
import { placeStrided } from '../layout.ts';
import { area, type ConvShape, firstPixel, liveTaps } from './shape.ts';
import { pickTaps, pixelsReadByTaps, placeTaps } from './taps.ts';

export function matrixForward(
  builder: ModelBuilder,
  x: string,
  weight: string,
  bias: string | undefined,
  shape: ConvShape,
): string {
  const operands = [seenRows(builder, x, shape), weightRows(builder, weight, shape)];
  const rows = builder.node('Gemm', bias === undefined ? operands : [...operands, bias], { transB: 1 });
  return fromRows(builder, builder.reshape(rows, [shape.images, ...shape.output, shape.outputs]));
}

/**
 * dy times the weights is the contribution of each tap at each position; contributions to the same pixel are
 * summed (col2im).
 */
export function matrixInputGradient(
  builder: ModelBuilder,
  dy: string,
  weight: string,
  shape: ConvShape,
): string {
  const { images, channels, image, output, strides } = shape;
  const taps = liveTaps(shape);
  const contributions = builder.node('Gemm', [
    outputRows(builder, dy, shape),
    weightRows(builder, weight, shape),
  ]);
  const parts = builder.split(
    builder.reshape(contributions, [images, ...output, taps.length * channels]),
    3,
    taps.map(() => channels),
  );
  const placed = parts.map((part, i) =>
    placeStrided(builder, part, [images, ...output, channels], {
      starts: [0, firstPixel(shape, taps[i], 0), firstPixel(shape, taps[i], 1), 0],
      steps: [1, ...strides, 1],
      shape: [images, ...image, channels],
    }),
  );
  return fromRows(builder, placed.length === 1 ? placed[0] : builder.node('Sum', placed));
}

export function matrixWeightGradient(builder: ModelBuilder, x: string, dy: string, shape: ConvShape): string {
  const { outputs, channels } = shape;
  const taps = liveTaps(shape);
  const product = builder.node('Gemm', [outputRows(builder, dy, shape), seenRows(builder, x, shape)], {
    transA: 1,
  });
  const byTap = builder.transpose(builder.reshape(product, [outputs, taps.length, channels]), [0, 2, 1]);
  return placeTaps(builder, builder.reshape(byTap, [outputs * channels, taps.length]), shape, taps);
}

/** The pixels that the taps read at each position: `[N, C, H, W]` -> `[N H' W', taps C]`. */
function seenRows(builder: ModelBuilder, x: string, shape: ConvShape): string {
  const taps = liveTaps(shape);
  const seen = pixelsReadByTaps(builder, builder.transpose(x, [0, 2, 3, 1]), [1, 2], shape, taps);
  return builder.reshape(builder.concat(seen, 3), [positionCount(shape), taps.length * shape.channels]);
}

/** `[K, C, U, V]` -> `[K, taps C]` */
function weightRows(builder: ModelBuilder, weight: string, shape: ConvShape): string {
  const { outputs, channels } = shape;
  const taps = liveTaps(shape);
  const picked = builder.reshape(pickTaps(builder, weight, shape, taps), [outputs, channels, taps.length]);
  return builder.reshape(builder.transpose(picked, [0, 2, 1]), [outputs, taps.length * channels]);
}

/** `[N, K, H', W']` -> `[N H' W', K]` */
function outputRows(builder: ModelBuilder, y: string, shape: ConvShape): string {
  return builder.reshape(builder.transpose(y, [0, 2, 3, 1]), [positionCount(shape), shape.outputs]);
}

function fromRows(builder: ModelBuilder, x: string): string {
  return builder.transpose(x, [0, 3, 1, 2]);
}

function positionCount({ images, output }: ConvShape): number {
  return images * area(output);
}
