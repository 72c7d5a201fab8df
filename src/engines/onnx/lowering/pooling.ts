// Lowerings of the pooling operators and their gradients.
import type {
  AdaptiveAveragePoolAttributes,
  AdaptiveAveragePoolGradAttributes,
} from '../../../ops/adaptive-average-pool.ts';
import type { AveragePoolAttributes, AveragePoolGradAttributes } from '../../../ops/average-pool.ts';
import type { MaxPoolAttributes } from '../../../ops/max-pool.ts';
import { bins, type PoolAttributes } from '../../../ops/pool.ts';
import type { Pair } from '../../../ops/window.ts';
import { type Shape, sizeOf } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import { elementTypes, float32Tensor, type OnnxAttribute } from '../graph.ts';
import type { Lowering, LoweringRequest } from './lowering.ts';

type Quad = [number, number, number, number];

/** An extent to infer, in the target shape of a reshape. */
const ANY = -1;

/** ONNX Runtime's pool ignores NaN: if the image has any, a second pool finds the windows that must be NaN. */
export const lowerMaxPool: Lowering<MaxPoolAttributes> = (request) => {
  const { builder, inputs, outputs } = request;
  const [x, y] = [inputs[0], outputs[0]];
  const maxima = maxPool(request, x.name);
  const sum = builder.sum(x.name, [...x.shape.keys()]);
  const withNaN = () => {
    const marks = builder.cast(builder.node('IsNaN', [x.name]), elementTypes.float32);
    const marked = builder.node('Greater', [maxPool(request, marks), builder.float(0)]);
    return builder.node('Where', [marked, builder.float(Number.NaN), maxima]);
  };
  const branches = { whenTrue: withNaN, whenFalse: () => builder.node('Identity', [maxima]) };
  return [builder.choose(builder.node('IsNaN', [sum]), { type: 'float32', shape: y.shape }, branches)];
};

/** One standard operator; ONNX does not define the maximum of NaN. */
export const lowerPlainMaxPool: Lowering<MaxPoolAttributes> = (request) => [
  maxPool(request, request.inputs[0].name),
];

/** The maxima of `image`, which has the shape of the input. */
function maxPool(
  { builder, inputs, outputs, attributes }: LoweringRequest<MaxPoolAttributes>,
  image: string,
) {
  const { border, settings } = maxWindow(inputs[0].shape, outputs[0].shape, attributes);
  return builder.node('MaxPool', [withBorder(builder, image, border)], settings);
}

export const lowerMaxPoolGrad: Lowering<MaxPoolAttributes> = (request) => {
  const { inputs, attributes } = request;
  const [dy, x] = inputs;
  const inPairs = attributes.kernelShape.every((extent) => extent === 2);
  return [
    inPairs && tiles(x.shape, dy.shape, attributes) ? maximaOfTiles(request) : scatteredMaxima(request),
  ];
};

/**
 * Tiles of 2 x 2, with the four corners as separate images: the first corner that equals the maximum gets the
 * gradient, which is subtracted from what remains for the others.
 */
function maximaOfTiles({ builder, inputs }: LoweringRequest<MaxPoolAttributes>): string {
  const [dy, x, y] = inputs;
  const channels = x.shape[1];
  const corners = builder.split(
    builder.node('SpaceToDepth', [x.name], { blocksize: 2 }),
    1,
    new Array<number>(4).fill(channels),
  );
  let rest = dy.name;
  const gradients = corners.slice(0, 3).map((corner) => {
    const isMaximum = builder.node('Equal', [corner, y.name]);
    const gradient = builder.node('Where', [isMaximum, rest, builder.float(0)]);
    rest = builder.subtract(rest, gradient);
    return gradient;
  });
  return builder.node('DepthToSpace', [builder.concat([...gradients, rest], 1)], { blocksize: 2 });
}

/** Any windows: sums the gradients at the indices of the maxima. */
function scatteredMaxima({ builder, inputs, attributes }: LoweringRequest<MaxPoolAttributes>): string {
  const [dy, x] = inputs;
  const { border, settings } = maxWindow(x.shape, dy.shape, attributes);
  const [images, channels, height, width] = x.shape as Quad;
  const [top, left, bottom, right] = border;
  const bordered = [images, channels, top + height + bottom, left + width + right];
  const [, indices] = builder.multiOutputNode('MaxPool', [withBorder(builder, x.name, border)], settings, 2);
  const flat = (name: string) => builder.reshape(name, [sizeOf(dy.shape)]);
  const zeros = builder.zeros([sizeOf(bordered)]);
  const sums = builder.node('ScatterElements', [zeros, flat(indices), flat(dy.name)], {
    axis: 0,
    reduction: 'add',
  });
  return builder.pad(builder.reshape(sums, bordered), [0, 0, -top, -left], [0, 0, -bottom, -right]);
}

interface MaxWindow {
  readonly settings: Readonly<Record<string, OnnxAttribute>>;
  /** Border to add to the image before pooling: [top, left, bottom, right]. */
  readonly border: Quad;
}

/**
 * Padding is chosen so that every window fits exactly: then rounding up and down agree. ONNX Runtime rejects
 * padding as large as the kernel, which a dilated window may need; then the image gets a border instead.
 */
function maxWindow(x: Shape, y: Shape, attributes: PoolAttributes): MaxWindow {
  const { kernelShape, strides, dilations } = attributes;
  const pads = fittingPads(x, y, attributes);
  const none: Quad = [0, 0, 0, 0];
  const isSupported = pads.every((pad, side) => pad < kernelShape[side % 2]);
  const settings = { kernel_shape: kernelShape, strides, dilations, pads: isSupported ? pads : none };
  return { settings, border: isSupported ? none : pads };
}

function withBorder(builder: ModelBuilder, image: string, [top, left, bottom, right]: Quad): string {
  return builder.pad(image, [0, 0, top, left], [0, 0, bottom, right], Number.NEGATIVE_INFINITY);
}

/** [top, left, bottom, right] such that the last window ends where the padded image ends, or before. */
function fittingPads(x: Shape, y: Shape, { kernelShape, strides, dilations, pads }: PoolAttributes): Quad {
  const padEnd = (axis: 0 | 1): number => {
    const span = dilations[axis] * (kernelShape[axis] - 1) + 1;
    const needed = (y[axis + 2] - 1) * strides[axis] + span - x[axis + 2] - pads[axis];
    return Math.max(needed, 0);
  };
  return [pads[0], pads[1], padEnd(0), padEnd(1)];
}

export const lowerAveragePool: Lowering<AveragePoolAttributes> = (request) => {
  const { builder, inputs, outputs, attributes } = request;
  const [x] = inputs;
  const { shape } = outputs[0];
  const { kernelShape, strides, pads, countIncludePad } = attributes;
  if (reachesBeyondPadding(x.shape, shape, attributes)) {
    const [rows, columns] = meanMatrices(x.shape, shape, attributes);
    return [resample(builder, x.name, x.shape, rows, transposed(columns), shape)];
  }
  const settings = { kernel_shape: kernelShape, strides, pads, count_include_pad: countIncludePad ? 1 : 0 };
  return [builder.node('AveragePool', [x.name], settings)];
};

export const lowerAveragePoolGrad: Lowering<AveragePoolGradAttributes> = (request) => {
  const { builder, inputs, attributes } = request;
  const [dy] = inputs;
  const { kernelShape, inputShape } = attributes;
  if (tiles(inputShape, dy.shape, attributes)) {
    return [spreadOverTiles(builder, dy.name, kernelShape)];
  }
  const [rows, columns] = meanMatrices(inputShape, dy.shape, attributes);
  return [resample(builder, dy.name, dy.shape, transposed(rows), columns, inputShape)];
};

export const lowerAdaptiveAveragePool: Lowering<AdaptiveAveragePoolAttributes> = (request) => {
  const { builder, inputs, outputs } = request;
  const [x] = inputs;
  const { shape } = outputs[0];
  const tile = tileExtent(x.shape, shape);
  if (tile) return [builder.node('AveragePool', [x.name], { kernel_shape: tile, strides: tile })];
  const [rows, columns] = binMatrices(x.shape, shape);
  return [resample(builder, x.name, x.shape, rows, transposed(columns), shape)];
};

export const lowerAdaptiveAveragePoolGrad: Lowering<AdaptiveAveragePoolGradAttributes> = (request) => {
  const { builder, inputs, attributes } = request;
  const [dy] = inputs;
  const { inputShape } = attributes;
  const tile = tileExtent(inputShape, dy.shape);
  if (tile) return [spreadOverTiles(builder, dy.name, tile)];
  const [rows, columns] = binMatrices(inputShape, dy.shape);
  return [resample(builder, dy.name, dy.shape, transposed(rows), columns, inputShape)];
};

/** The extent of a tile, if equal tiles divide the image. */
function tileExtent(x: Shape, y: Shape): Pair | undefined {
  const tile: Pair = [x[2] / y[2], x[3] / y[3]];
  return tile.every(Number.isInteger) ? tile : undefined;
}

/** Means over the bins of adaptive pooling as matrices `[H', H]` and `[W', W]`. */
function binMatrices(x: Shape, y: Shape): readonly [Matrix, Matrix] {
  const along = (axis: 2 | 3): Matrix =>
    bins(x[axis], y[axis]).map((bin) =>
      Array.from({ length: x[axis] }, (_, pixel) => (bin.includes(pixel) ? 1 / bin.length : 0)),
    );
  return [along(2), along(3)];
}

/** Spreads each value of `dy` evenly over its tile. */
function spreadOverTiles(builder: ModelBuilder, dy: string, [rows, columns]: Pair): string {
  const mean = builder.multiply(dy, builder.float(1 / (rows * columns)));
  const scales = builder.constant(float32Tensor([1, 1, rows, columns], [4]));
  return builder.node('Resize', [mean, '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** Whether the windows tile the image: each pixel is in exactly one. */
function tiles(
  x: Shape,
  y: Shape,
  { kernelShape, strides, pads }: Omit<PoolAttributes, 'dilations'>,
): boolean {
  return [0, 1].every(
    (axis) =>
      kernelShape[axis] === strides[axis] &&
      x[axis + 2] === y[axis + 2] * kernelShape[axis] &&
      pads[axis] === 0,
  );
}

function reachesBeyondPadding(x: Shape, y: Shape, attributes: AveragePoolAttributes): boolean {
  const { kernelShape, strides, pads } = attributes;
  return [0, 1].some((axis) => {
    const end = (y[axis + 2] - 1) * strides[axis] - pads[axis] + kernelShape[axis];
    return end > x[axis + 2] + pads[axis + 2];
  });
}

/** A matrix as rows of numbers. */
type Matrix = readonly (readonly number[])[];

/** Window means as matrices `[H', H]` and `[W', W]`: the mean of a window is a mean over rows of means over columns. */
function meanMatrices(x: Shape, y: Shape, attributes: AveragePoolAttributes): readonly [Matrix, Matrix] {
  const { kernelShape, strides, pads, countIncludePad } = attributes;
  const along = (axis: 0 | 1): Matrix =>
    Array.from({ length: y[axis + 2] }, (_, i) => {
      const extent = x[axis + 2];
      const first = i * strides[axis] - pads[axis];
      const end = first + kernelShape[axis];
      const from = countIncludePad ? first : Math.max(first, 0);
      const to = Math.min(end, countIncludePad ? extent + pads[axis + 2] : extent);
      return Array.from({ length: extent }, (_, pixel) =>
        pixel >= first && pixel < end ? 1 / (to - from) : 0,
      );
    });
  return [along(0), along(1)];
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

/** rows x columns for every channel of `x`: `[N, C, H, W]` -> `shape`. */
function resample(
  builder: ModelBuilder,
  x: string,
  from: Shape,
  rows: Matrix,
  columns: Matrix,
  shape: Shape,
): string {
  const constant = (matrix: Matrix) =>
    builder.constant(float32Tensor(matrix.flat(), [matrix.length, matrix[0].length]));
  const [, channels, height, width] = from as Quad;
  const wide = builder.matMul(builder.reshape(x, [ANY, width]), constant(columns));
  const planes = builder.reshape(wide, [ANY, channels, height, columns[0].length]);
  return builder.reshape(builder.matMul(constant(rows), planes), [ANY, ...shape.slice(1)]);
}
