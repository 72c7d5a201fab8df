// Bilinear resizing with the pixels of Pillow's `Image.resize(size, BILINEAR)`: a triangle filter that widens when
// it reduces (so nothing aliases), fixed-point weights, a horizontal pass, rounding to 8 bits, a vertical pass.
import { UsageError } from '../tensor/errors.ts';
import type { Image } from './image.ts';

// 8 bits of pixel, 2 bits of head room for the sum: 22 bits are left for a weight (Pillow, Resample.c).
const PRECISION_BITS = 32 - 8 - 2;
const HALF = 1 << (PRECISION_BITS - 1);
const MAX_CACHED_FILTERS = 64;

/** For each output position: the first input position, the number of taps and their fixed-point weights. */
interface Filter {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `[output, taps]` */
  readonly weights: Int32Array;
  readonly taps: number;
}

/**
 * The image resized to `height` x `width` pixels; the same object if it has that size already.
 * @throws UsageError if the size is not made of whole numbers from 1
 */
export function resizeBilinear(image: Image, height: number, width: number): Image {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new UsageError(`cannot resize to height ${height}, width ${width}: use whole numbers from 1.`);
  }
  const wide = image.width === width ? image : resizeWidth(image, width);
  return wide.height === height ? wide : resizeHeight(wide, height);
}

function resizeWidth(image: Image, width: number): Image {
  const { height, channels, data } = image;
  const filter = filterFor(image.width, width);
  const resized = new Uint8Array(width * height * channels);
  if (channels === 1) filterGreyRows(data, resized, filter, image.width);
  else filterRgbRows(data, resized, filter, image.width);
  return { width, height, channels, data: resized };
}

function filterGreyRows(from: Uint8Array, to: Uint8Array, filter: Filter, stride: number): void {
  const { starts, counts, weights, taps } = filter;
  const width = starts.length;
  for (let row = 0, output = 0; output < to.length; row += stride) {
    for (let x = 0; x < width; x++) {
      const first = row + starts[x]!;
      const count = counts[x]!;
      let sum = HALF;
      for (let tap = 0; tap < count; tap++) sum += from[first + tap]! * weights[x * taps + tap]!;
      to[output++] = toByte(sum);
    }
  }
}

function filterRgbRows(from: Uint8Array, to: Uint8Array, filter: Filter, stride: number): void {
  const { starts, counts, weights, taps } = filter;
  const width = starts.length;
  for (let row = 0, output = 0; output < to.length; row += stride * 3) {
    for (let x = 0; x < width; x++) {
      let input = row + starts[x]! * 3;
      const count = counts[x]!;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = 0; tap < count; tap++) {
        const weight = weights[x * taps + tap]!;
        red += from[input++]! * weight;
        green += from[input++]! * weight;
        blue += from[input++]! * weight;
      }
      to[output++] = toByte(red);
      to[output++] = toByte(green);
      to[output++] = toByte(blue);
    }
  }
}

function resizeHeight(image: Image, height: number): Image {
  const { width, channels, data } = image;
  const { starts, counts, weights, taps } = filterFor(image.height, height);
  const stride = width * channels;
  const resized = new Uint8Array(stride * height);
  for (let y = 0, output = 0; y < height; y++) {
    const first = starts[y]! * stride;
    const count = counts[y]!;
    for (let x = 0; x < stride; x++) {
      let sum = HALF;
      for (let tap = 0, input = first + x; tap < count; tap++, input += stride) {
        sum += data[input]! * weights[y * taps + tap]!;
      }
      resized[output++] = toByte(sum);
    }
  }
  return { width, height, channels, data: resized };
}

function toByte(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

const filters = new Map<string, Filter>();

/** The filter for one pair of extents; the last few are kept, since data sets have one size or a few. */
function filterFor(from: number, to: number): Filter {
  const key = `${from} ${to}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  if (filters.size >= MAX_CACHED_FILTERS) filters.clear();
  const filter = makeFilter(from, to);
  filters.set(key, filter);
  return filter;
}

function makeFilter(from: number, to: number): Filter {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const filter = {
    starts: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Int32Array(to * taps),
    taps,
  };
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    filter.starts[i] = start;
    filter.counts[i] = end - start;
    filter.weights.set(triangleWeights(start, end, center, 1 / support), i * taps);
  }
  return filter;
}

/** Weights of the input positions `start` to `end` under a triangle around `center`, summing to 2^22. */
function triangleWeights(start: number, end: number, center: number, inverse: number): number[] {
  const weights: number[] = [];
  let sum = 0;
  for (let i = start; i < end; i++) {
    const weight = Math.max(0, 1 - Math.abs((i - center + 0.5) * inverse));
    weights.push(weight);
    sum += weight;
  }
  // Pillow divides first and scales after: the rounding of both steps has to match.
  return weights.map((weight) => Math.trunc(0.5 + (sum === 0 ? weight : weight / sum) * 2 ** PRECISION_BITS));
}
