// Two-dimensional maps of numbers: feature maps, Grad-CAM and occlusion maps.
import { sizeOf } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

/** A matrix of numbers, row by row from the top left. */
export interface Map2d {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** The feature maps of the first image of `[N, C, H, W]`. */
export function featureMaps({ shape, data }: FloatTensor): Map2d[] {
  const [, channels, height, width] = shape as [number, number, number, number];
  const size = height * width;
  return Array.from({ length: channels }, (_, channel) => ({
    height,
    width,
    data: data.subarray(channel * size, (channel + 1) * size),
  }));
}

/** All units of the first image as one nearly square map; positions without a unit are NaN. */
export function unitGrid({ shape, data: units }: FloatTensor): Map2d {
  const count = sizeOf(shape.slice(1));
  const width = Math.ceil(Math.sqrt(count));
  const height = Math.ceil(count / width);
  const data = new Float32Array(height * width).fill(Number.NaN);
  data.set(units.subarray(0, count));
  return { height, width, data };
}

/** Minimum and maximum, ignoring NaN. */
export function range(data: ArrayLike<number>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The map as a list of rows. */
export function toRows({ height, width, data }: Map2d): number[][] {
  return Array.from({ length: height }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

/** Bilinear interpolation as PyTorch's `interpolate(mode='bilinear', align_corners=False)`. */
export function interpolate(map: Map2d, height: number, width: number): Map2d {
  const rows = sourcePositions(map.height, height);
  const columns = sourcePositions(map.width, width);
  const at = (row: number, column: number) => map.data[row * map.width + column];
  const along = (row: number, { first, second, weight }: SourcePosition) =>
    at(row, first) * (1 - weight) + at(row, second) * weight;
  const data = new Float32Array(height * width);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const mixed = along(row.first, column) * (1 - row.weight) + along(row.second, column) * row.weight;
      data[y * width + x] = mixed;
    }
  }
  return { height, width, data };
}

/** The two neighbors that a value is interpolated between, and the weight of the second. */
interface SourcePosition {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

function sourcePositions(from: number, to: number): SourcePosition[] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const first = Math.min(from - 1, Math.floor(position));
    return { first, second: Math.min(from - 1, first + 1), weight: position - first };
  });
}
