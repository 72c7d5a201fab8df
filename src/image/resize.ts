// Resizing with the pixels of Pillow's `Image.resize`: an antialiasing filter with fixed-point weights; a horizontal pass,
// rounding to 8 bits, a vertical pass.
import { checkInteger } from '../base/arguments.ts';
import type { Image } from './image.ts';
import { resample } from './kernels.ts';
import type { Filter } from './pixel-kernels.ts';

// 8 bits for a pixel and 2 bits of headroom for the sum leave 22 bits for a weight (Pillow, Resample.c).
const PRECISION_BITS = 32 - 8 - 2;
/** Bits of a weight in the lower of its two 16-bit numbers. */
const LOW_BITS = 11;
const MAX_CACHED_FILTERS = 256;

interface Kernel {
  /** Half its width in pixels of the input when enlarging. */
  readonly support: number;
  /** Weight of a pixel at this distance from the center, from 0. */
  weight(distance: number): number;
}

const KERNELS = {
  bilinear: { support: 1, weight: (x) => (x < 1 ? 1 - x : 0) },
  /** Keys 1981 with a = -1/2. */
  bicubic: {
    support: 2,
    weight: (x) => {
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
} as const satisfies Record<string, Kernel>;

/** Interpolation filters: `bilinear` or `bicubic`, as in Pillow. */
export type Interpolation = keyof typeof KERNELS;
export const interpolations = Object.keys(KERNELS) as Interpolation[];

/**
 * The image resized to `height` x `width` pixels; the same object if it has that size.
 * @throws UsageError unless height and width are positive integers
 */
export function resize(
  image: Image,
  height: number,
  width: number,
  interpolation: Interpolation = 'bilinear',
): Image {
  checkInteger('height to resize to', height);
  checkInteger('width to resize to', width);
  if (image.width === width && image.height === height) return image;
  // If an extent stays, the weights of its filter are 1, which changes nothing.
  const across = filterFor(image.width, width, interpolation);
  return resample(image, across, filterFor(image.height, height, interpolation));
}

const filters = new Map<string, Filter>();

/** The filter for one pair of extents, cached: most data sets have only a few sizes. */
export function filterFor(from: number, to: number, interpolation: Interpolation): Filter {
  const key = `${from} ${to} ${interpolation}`;
  const cached = filters.get(key);
  if (cached !== undefined) return cached;
  if (filters.size >= MAX_CACHED_FILTERS) filters.clear();
  const filter = makeFilter(from, to, KERNELS[interpolation]);
  filters.set(key, filter);
  return filter;
}

function makeFilter(from: number, to: number, kernel: Kernel): Filter {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const most = 2 * Math.ceil(support) + 1;
  const weights = new Float64Array(to * most);
  const starts = new Int32Array(to);
  let taps = 1;
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    starts[i] = start;
    const row = weights.subarray(i * most, i * most + end - start);
    for (let k = 0; k < row.length; k++) {
      row[k] = kernel.weight(Math.abs((start + k - center + 0.5) * (1 / stretch)));
    }
    taps = Math.max(taps, 1 + row.findLastIndex(Boolean) - row.findIndex(Boolean));
  }
  return packFilter(weights, starts, { from, to, taps: taps + (taps % 2), most });
}

interface Extents {
  readonly from: number;
  readonly to: number;
  readonly taps: number;
  /** Length of a row of the weights, of which at most `taps` consecutive ones are not 0. */
  readonly most: number;
}

/** All outputs get the same even number of taps; those at the end start earlier, with weights of 0. */
function packFilter(rows: Float64Array, starts: Int32Array, { from, to, taps, most }: Extents): Filter {
  const weights = new Int16Array(2 * to * taps);
  for (let i = 0; i < to; i++) {
    const row = rows.subarray(i * most, (i + 1) * most);
    const skipped = Math.max(0, row.findIndex(Boolean));
    const first = Math.max(0, Math.min(starts[i] + skipped, from - taps));
    const sum = row.reduce((total, weight) => total + weight, 0);
    for (let tap = 0; tap < taps; tap++) {
      const weight = fixedPoint((row[first - starts[i] + tap] ?? 0) / sum);
      const place = 2 * (i * taps + tap) - (tap % 2);
      weights[place] = weight & (2 ** LOW_BITS - 1);
      weights[place + 2] = weight >> LOW_BITS;
    }
    starts[i] = first;
  }
  return { extent: to, pairs: taps / 2, starts, weights };
}

/** Like Pillow: divided first, then scaled, and halves rounded away from 0. */
function fixedPoint(weight: number): number {
  return Math.trunc(weight * 2 ** PRECISION_BITS + (weight < 0 ? -0.5 : 0.5));
}
