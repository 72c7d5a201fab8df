// Resizing with the pixels of Pillow's `Image.resize`: a filter that widens when it reduces (so nothing aliases),
// fixed-point weights, a horizontal pass, rounding to 8 bits, a vertical pass.
import { UsageError } from '../tensor/errors.ts';
import type { Image } from './image.ts';
import { checkInside, crop, type Region } from './region.ts';

// 8 bits of pixel, 2 bits of head room for the sum: 22 bits are left for a weight (Pillow, Resample.c).
const PRECISION_BITS = 32 - 8 - 2;
const HALF = 1 << (PRECISION_BITS - 1);
const MAX_CACHED_FILTERS = 256;

interface Kernel {
  /** Half its width, in pixels of the input where it enlarges. */
  readonly support: number;
  /** Weight of a pixel at this distance from the centre, from 0. */
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

/** How pixels are mixed. */
export type Interpolation = keyof typeof KERNELS;
export const interpolations = Object.keys(KERNELS) as Interpolation[];

/** How one axis goes from one extent to another: every output is a weighted sum of `taps` neighbouring inputs. */
interface Filter {
  readonly to: number;
  /** Even, so that loops take two at a time; beyond the end of a tiny image the weight is 0. */
  readonly taps: number;
  /** First input of each output. */
  readonly starts: Int32Array;
  /** `[to, taps]`, fixed point. */
  readonly weights: Int32Array;
}

/**
 * The image, or a region of it, resized to `height` x `width` pixels; the same object if nothing changes. Pixels outside
 * the region take no part, as if it had been cut out before.
 * @throws UsageError if the size is not made of whole numbers from 1, or the region is not inside the image
 */
export function resize(
  image: Image,
  height: number,
  width: number,
  interpolation: Interpolation = 'bilinear',
  region: Region = { left: 0, top: 0, width: image.width, height: image.height },
): Image {
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new UsageError(`cannot resize to height ${height}, width ${width}: use whole numbers from 1.`);
  }
  checkInside(image, region);
  if (region.width === width && region.height === height) return crop(image, region);
  if (region.width === width) return resizeHeight(image, height, region, interpolation);
  if (region.height === height) return resizeWidth(image, width, region, interpolation);
  const wide = resizeWidth(
    image,
    width,
    region,
    interpolation,
    scratch(region.height * width * image.channels),
  );
  return resizeHeight(wide, height, { left: 0, top: 0, width, height: region.height }, interpolation);
}

let between = new Uint8ClampedArray(0);

/** Room for what lies between the two passes, used again by the next image. */
function scratch(length: number): Uint8ClampedArray<ArrayBuffer> {
  if (between.length < length) between = new Uint8ClampedArray(length);
  return between.subarray(0, length);
}

function resizeWidth(
  image: Image,
  width: number,
  region: Region,
  interpolation: Interpolation,
  data = new Uint8ClampedArray(region.height * width * image.channels),
): Image {
  const { channels } = image;
  const { height } = region;
  const filter = filterFor(region.width, width, interpolation);
  const filterRow = filter.taps === 2 ? mixNeighbours : channels === 1 ? filterGreyRow : filterRgbRow;
  for (let y = 0; y < height; y++) {
    const from = ((region.top + y) * image.width + region.left) * channels;
    filterRow(image.data, from, data, y * width * channels, filter, channels);
  }
  return { width, height, channels, data: new Uint8Array(data.buffer) };
}

/**
 * Enlarging mixes two neighbours: the common case of small images, and faster on its own.
 * @param inner values of a pixel, where pixels of a row are mixed; values of a row, where rows are
 */
function mixNeighbours(
  source: Uint8Array,
  from: number,
  target: Uint8ClampedArray,
  to: number,
  { to: extent, starts, weights }: Filter,
  inner: number,
): void {
  for (let i = 0, output = to; i < extent; i++) {
    const firstShare = weights[2 * i]!;
    const secondShare = weights[2 * i + 1]!;
    let input = from + starts[i]! * inner;
    for (let k = 0; k < inner; k++, input++) {
      const first = Math.imul(source[input]!, firstShare);
      target[output++] = (HALF + first + Math.imul(source[input + inner]!, secondShare)) >> PRECISION_BITS;
    }
  }
}

/** Two taps at a time: a tenth faster than one by one, while more would not fit in the registers. */
function filterGreyRow(
  source: Uint8Array,
  from: number,
  target: Uint8ClampedArray,
  to: number,
  { to: extent, taps, starts, weights }: Filter,
): void {
  for (let x = 0, weight = 0; x < extent; x++) {
    let input = from + starts[x]!;
    let sum = HALF;
    for (let tap = 0; tap < taps; tap += 2, input += 2, weight += 2) {
      const first = Math.imul(source[input]!, weights[weight]!);
      sum = (sum + first + Math.imul(source[input + 1]!, weights[weight + 1]!)) | 0;
    }
    target[to + x] = sum >> PRECISION_BITS;
  }
}

function filterRgbRow(
  source: Uint8Array,
  from: number,
  target: Uint8ClampedArray,
  to: number,
  { to: extent, taps, starts, weights }: Filter,
): void {
  for (let x = 0, weight = 0, output = to; x < extent; x++) {
    let input = from + 3 * starts[x]!;
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    for (let tap = 0; tap < taps; tap += 2, input += 6, weight += 2) {
      const first = weights[weight]!;
      const second = weights[weight + 1]!;
      red = (red + Math.imul(source[input]!, first) + Math.imul(source[input + 3]!, second)) | 0;
      green = (green + Math.imul(source[input + 1]!, first) + Math.imul(source[input + 4]!, second)) | 0;
      blue = (blue + Math.imul(source[input + 2]!, first) + Math.imul(source[input + 5]!, second)) | 0;
    }
    target[output++] = red >> PRECISION_BITS;
    target[output++] = green >> PRECISION_BITS;
    target[output++] = blue >> PRECISION_BITS;
  }
}

function resizeHeight(image: Image, height: number, region: Region, interpolation: Interpolation): Image {
  const { channels } = image;
  const { width } = region;
  const stride = image.width * channels;
  const data = new Uint8ClampedArray(height * width * channels);
  const filter = filterFor(region.height, height, interpolation);
  const from = region.top * stride + region.left * channels;
  if (filter.taps === 2 && width === image.width) {
    mixNeighbours(image.data, from, data, 0, filter, stride);
  } else filterRows(image.data, from, stride, data, filter);
  return { width, height, channels, data: new Uint8Array(data.buffer) };
}

/** Weighted sums of whole rows, two at a time: twice as fast as pixel by pixel. */
function filterRows(
  source: Uint8Array,
  from: number,
  stride: number,
  target: Uint8ClampedArray,
  { to: extent, taps, starts, weights }: Filter,
): void {
  const sums = new Int32Array(target.length / extent);
  for (let y = 0; y < extent; y++) {
    sums.fill(HALF);
    const start = from + starts[y]! * stride;
    for (let tap = 0; tap < taps; tap += 2) {
      const first = start + tap * stride;
      const place = y * taps + tap;
      addRows(sums, source, first, weights[place]!, first + stride, weights[place + 1]!);
    }
    const to = y * sums.length;
    for (let k = 0; k < sums.length; k++) target[to + k] = sums[k]! >> PRECISION_BITS;
  }
}

function addRows(
  sums: Int32Array,
  source: Uint8Array,
  first: number,
  firstShare: number,
  second: number,
  secondShare: number,
): void {
  for (let k = 0; k < sums.length; k++) {
    const added = Math.imul(source[first + k]!, firstShare) + Math.imul(source[second + k]!, secondShare);
    sums[k] = (sums[k]! + added) | 0;
  }
}

const filters = new Map<string, Filter>();

/** The filter for one pair of extents; the last ones are kept, since data sets have one size or a few. */
function filterFor(from: number, to: number, interpolation: Interpolation): Filter {
  const key = `${from} ${to} ${interpolation}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
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
  const shares = new Float64Array(to * most);
  const starts = new Int32Array(to);
  let taps = 1;
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    starts[i] = start;
    const row = shares.subarray(i * most, i * most + end - start);
    for (let k = 0; k < row.length; k++) {
      row[k] = kernel.weight(Math.abs((start + k - center + 0.5) * (1 / stretch)));
    }
    taps = Math.max(taps, 1 + row.findLastIndex(Boolean) - row.findIndex(Boolean));
  }
  return packed(shares, starts, { from, to, taps: taps + (taps % 2), most });
}

interface Extents {
  readonly from: number;
  readonly to: number;
  readonly taps: number;
  /** Places of a row in `shares`, of which no more than `taps` in a run are not 0. */
  readonly most: number;
}

/** All rows get the same number of taps; those at the end begin earlier, with weights of zero. */
function packed(shares: Float64Array, starts: Int32Array, { from, to, taps, most }: Extents): Filter {
  const weights = new Int32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const row = shares.subarray(i * most, (i + 1) * most);
    const skipped = Math.max(0, row.findIndex(Boolean));
    const first = Math.max(0, Math.min(starts[i]! + skipped, from - taps));
    const sum = row.reduce((total, share) => total + share, 0);
    for (let tap = 0; tap < taps; tap++) {
      weights[i * taps + tap] = fixedPoint((row[first - starts[i]! + tap] ?? 0) / sum);
    }
    starts[i] = first;
  }
  return { to, taps, starts, weights };
}

/** Pillow divides first and scales after, and rounds halves away from 0: both have to match. */
function fixedPoint(share: number): number {
  return Math.trunc(share * 2 ** PRECISION_BITS + (share < 0 ? -0.5 : 0.5));
}
