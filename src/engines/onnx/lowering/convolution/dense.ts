// Convolution of images no larger than the kernel, as a fully connected layer: the kernel is expanded to a
// matrix with the weight between every output position and every pixel, or zero. Images stay in the layout [N, C, H, W].
import { range } from '../../../../base/numbers.ts';
import type { ModelBuilder } from '../../builder.ts';
import { float32Tensor } from '../../graph.ts';
import { area, type ConvShape, firstPixel } from './shape.ts';
import { weightShape } from './taps.ts';

/** x `[N, C H W]` times the matrix's transpose. */
export function denseForward(
  builder: ModelBuilder,
  x: string,
  weight: string,
  bias: string | undefined,
  shape: ConvShape,
): string {
  const product = builder.node(
    'Gemm',
    [flatImages(builder, x, shape), weightMatrix(builder, weight, shape)],
    {
      transB: 1,
    },
  );
  const y = builder.reshape(product, [shape.images, shape.outputs, ...shape.output]);
  return bias === undefined ? y : builder.add(y, builder.reshape(bias, [shape.outputs, 1, 1]));
}

/** dy `[N, K H' W']` times the matrix. */
export function denseInputGradient(
  builder: ModelBuilder,
  dy: string,
  weight: string,
  shape: ConvShape,
): string {
  const product = builder.node('Gemm', [
    flatOutputs(builder, dy, shape),
    weightMatrix(builder, weight, shape),
  ]);
  return builder.reshape(product, [shape.images, shape.channels, ...shape.image]);
}

/** The gradient of the matrix; the gradient of each weight is the sum over the matrix elements that hold it. */
export function denseWeightGradient(builder: ModelBuilder, x: string, dy: string, shape: ConvShape): string {
  const { outputs, channels, image, output, kernel } = shape;
  const gradient = builder.node('Gemm', [flatOutputs(builder, dy, shape), flatImages(builder, x, shape)], {
    transA: 1,
  });
  if (isMatrixKernel(shape)) return builder.reshape(gradient, weightShape(shape));
  const [positions, pixels] = [area(output), area(image)];
  if (positions === 1) {
    const gathered = builder.matMul(
      builder.reshape(gradient, [outputs * channels, pixels]),
      builder.reshape(tapPixels(builder, shape, false), [pixels, area(kernel)]),
    );
    return builder.reshape(gathered, weightShape(shape));
  }
  const byPosition = builder.reshape(gradient, [outputs, positions, channels, pixels]);
  const perPosition = builder.matMul(byPosition, tapPixels(builder, shape, false));
  return builder.reshape(builder.sum(perPosition, [1]), weightShape(shape));
}

/** `[K, C, U, V]` -> `[K H' W', C H W]` */
function weightMatrix(builder: ModelBuilder, weight: string, shape: ConvShape): string {
  const { outputs, channels, image, output, kernel } = shape;
  const [positions, pixels, taps] = [area(output), area(image), area(kernel)];
  const matrix = [outputs * positions, channels * pixels];
  if (isMatrixKernel(shape)) return builder.reshape(weight, matrix);
  const spread =
    positions === 1
      ? builder.matMul(
          builder.reshape(weight, [outputs * channels, taps]),
          builder.reshape(tapPixels(builder, shape, true), [taps, pixels]),
        )
      : builder.matMul(
          builder.reshape(weight, [outputs, 1, channels, taps]),
          tapPixels(builder, shape, true),
        );
  return builder.reshape(spread, matrix);
}

/** Whether tap i reads pixel i, so that the kernel is the matrix. */
function isMatrixKernel(shape: ConvShape): boolean {
  const sameExtents = shape.kernel.every((extent, axis) => extent === shape.image[axis]);
  const isUnpadded = [0, 1].every(
    (axis) => shape.pads[axis] === 0 && (shape.dilations[axis] === 1 || shape.kernel[axis] === 1),
  );
  return sameExtents && isUnpadded && area(shape.output) === 1;
}

/** 1 where a tap reads a pixel at an output position, else 0: `[H' W', U V, H W]`, or `[H' W', H W, U V]`. */
function tapPixels(builder: ModelBuilder, shape: ConvShape, tapsFirst: boolean): string {
  const { image, output, kernel, strides } = shape;
  const [pixels, taps] = [area(image), area(kernel)];
  const data = new Float32Array(area(output) * taps * pixels);
  for (const position of range(area(output))) {
    for (const tap of range(taps)) {
      const [row, column] = [0, 1].map((axis) => {
        const split = (index: number, width: number) =>
          axis === 0 ? Math.floor(index / width) : index % width;
        const k = split(tap, kernel[1]);
        return firstPixel(shape, [k, k], axis as 0 | 1) + split(position, output[1]) * strides[axis];
      }) as [number, number];
      if (row < 0 || row >= image[0] || column < 0 || column >= image[1]) continue;
      const pixel = row * image[1] + column;
      data[tapsFirst ? (position * taps + tap) * pixels + pixel : (position * pixels + pixel) * taps + tap] =
        1;
    }
  }
  const inner = tapsFirst ? [taps, pixels] : [pixels, taps];
  return builder.constant(float32Tensor(data, [area(output), ...inner]));
}

function flatImages(builder: ModelBuilder, x: string, { images, channels, image }: ConvShape): string {
  return builder.reshape(x, [images, channels * area(image)]);
}

function flatOutputs(builder: ModelBuilder, y: string, { images, outputs, output }: ConvShape): string {
  return builder.reshape(y, [images, outputs * area(output)]);
}
