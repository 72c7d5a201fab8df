// Bilinear resizing with the pixels of Pillow's `Image.resize(size, BILINEAR)`: a triangle filter that widens when
// it reduces (so nothing aliases), fixed-point weights, a horizontal pass, rounding to 8 bits, a vertical pass.
import { UsageError } from '../tensor/errors.ts';
import type { Image } from './image.ts';

// 8 bits of pixel, 2 bits of head room for the sum: 22 bits are left for a weight (Pillow, Resample.c).
const PRECISION_BITS = 32 - 8 - 2;
const HALF = 1 << (PRECISION_BITS - 1);
const MAX_CACHED_FILTERS = 64;

/** How one axis goes from one extent to another: every output is a weighted sum of `taps` neighbouring inputs. */
interface Filter {
  readonly from: number;
  readonly to: number;
  readonly taps: number;
  /** First input of each output. */
  readonly starts: Int32Array;
  /** `[to, taps]`, fixed point. */
  readonly weights: Int32Array;
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

function resizeWidth({ width: from, height, channels, data }: Image, width: number): Image {
  return { width, height, channels, data: filterAxis(data, height, channels, filterFor(from, width)) };
}

function resizeHeight({ width, height: from, channels, data }: Image, height: number): Image {
  return { width, height, channels, data: filterAxis(data, 1, width * channels, filterFor(from, height)) };
}

/** Filters the middle axis of `[outer, filter.from, inner]`; gives `[outer, filter.to, inner]`. */
function filterAxis(data: Uint8Array, outer: number, inner: number, filter: Filter): Uint8Array {
  const result = new Uint8Array(outer * filter.to * inner);
  if (filter.taps === 2) sumTwo(data, result, outer, inner, filter);
  else sumMany(data, result, outer, inner, filter);
  return result;
}

/** Enlarging mixes two neighbours: the common case of small images, and four times as fast on its own. */
function sumTwo(data: Uint8Array, result: Uint8Array, outer: number, inner: number, filter: Filter): void {
  const { from, to, starts, weights } = filter;
  for (let row = 0, output = 0; row < outer; row++) {
    for (let i = 0; i < to; i++) {
      const first = (row * from + starts[i]!) * inner;
      const second = first + inner;
      const firstWeight = weights[2 * i]!;
      const secondWeight = weights[2 * i + 1]!;
      for (let k = 0; k < inner; k++) {
        const product = Math.imul(data[first + k]!, firstWeight);
        result[output++] = (HALF + product + Math.imul(data[second + k]!, secondWeight)) >> PRECISION_BITS;
      }
    }
  }
}

function sumMany(data: Uint8Array, result: Uint8Array, outer: number, inner: number, filter: Filter): void {
  const { from, to, taps, starts, weights } = filter;
  for (let row = 0, output = 0; row < outer; row++) {
    for (let i = 0; i < to; i++) {
      const first = (row * from + starts[i]!) * inner;
      for (let k = 0; k < inner; k++) {
        let sum = HALF;
        for (let tap = 0, input = first + k; tap < taps; tap++, input += inner) {
          sum += Math.imul(data[input]!, weights[i * taps + tap]!);
        }
        // Rounding errors of thousands of weights may add up to more than white.
        result[output++] = Math.min(sum >> PRECISION_BITS, 255);
      }
    }
  }
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
  const rows = Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    return trimmed(start, triangleWeights(start, end, center, 1 / support));
  });
  const taps = Math.max(...rows.map(({ weights }) => weights.length));
  const filter = { from, to, taps, starts: new Int32Array(to), weights: new Int32Array(to * taps) };
  for (const [i, { start, weights }] of rows.entries()) {
    // All rows get the same number of taps; those at the end begin earlier, with weights of zero.
    const first = Math.min(start, from - taps);
    filter.starts[i] = first;
    filter.weights.set(weights, i * taps + start - first);
  }
  return filter;
}

/** Without the weights of zero at either end, which the triangle's rim leaves. */
function trimmed(start: number, weights: readonly number[]): { start: number; weights: readonly number[] } {
  const first = weights.findIndex((weight) => weight > 0);
  const last = weights.findLastIndex((weight) => weight > 0);
  return { start: start + first, weights: weights.slice(first, last + 1) };
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
