// Planes: single maps of numbers, and their enlargement.
import { sizeOf } from '../tensor/shape.ts';
import type { FloatTensor } from '../tensor/tensor.ts';

/** Numbers row by row from the top left. */
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

/** All units of the first image in one plane, in about as many rows as columns; places without a unit are not a number. */
export function unitGrid({ shape, data: units }: FloatTensor): Map2d {
  const count = sizeOf(shape.slice(1));
  const width = Math.ceil(Math.sqrt(count));
  const height = Math.ceil(count / width);
  const data = new Float32Array(height * width).fill(Number.NaN);
  data.set(units.subarray(0, count));
  return { height, width, data };
}

/** Least and largest number; those that are none do not count. */
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

/** The plane as lists of numbers, one for each row. */
export function toRows({ height, width, data }: Map2d): number[][] {
  return Array.from({ length: height }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

/** Mixed from the four nearest numbers, corners of pixels on corners of pixels: PyTorch's `interpolate(mode='bilinear')`. */
export function interpolate(plane: Map2d, height: number, width: number): Map2d {
  const rows = mixes(plane.height, height);
  const columns = mixes(plane.width, width);
  const at = (row: number, column: number) => plane.data[row * plane.width + column];
  const along = (row: number, { first, second, share }: Mix) =>
    at(row, first) * (1 - share) + at(row, second) * share;
  const data = new Float32Array(height * width);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const mixed = along(row.first, column) * (1 - row.share) + along(row.second, column) * row.share;
      data[y * width + x] = mixed;
    }
  }
  return { height, width, data };
}

/** The two neighbours that a number is mixed from, and the second one's share. */
interface Mix {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

function mixes(from: number, to: number): Mix[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const first = Math.min(from - 1, Math.floor(place));
    return { first, second: Math.min(from - 1, first + 1), share: place - first };
  });
}
