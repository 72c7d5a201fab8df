// From planes of luma and chroma to pixels, with the arithmetic of libjpeg: smooth ("fancy") chroma, JFIF's colours.
import type { Region } from '../region.ts';
import type { Plane } from './scan.ts';

const { imul } = Math;

/** Writes the region of the luma into `target`, an image of width `width`. */
export function writeGrey(luma: Plane, region: Region, target: Uint8Array, width: number): void {
  for (let y = region.top; y < region.top + region.height; y++) {
    const from = rowOf(luma, y) + region.left;
    target.set(luma.data.subarray(from, from + region.width), y * width + region.left);
  }
}

/**
 * Writes the region in RGB into `target`, an image of width `width`.
 * @param planes luma and two of chroma
 */
export function writeRgb(
  planes: readonly Plane[],
  region: Region,
  target: Uint8ClampedArray,
  width: number,
): void {
  const [luma, blueness, redness] = planes as [Plane, Plane, Plane];
  const { left, top, height } = region;
  const blue = new Uint8Array(region.width);
  const red = new Uint8Array(region.width);
  for (let y = top; y < top + height; y++) {
    expandRow(blueness, luma, y, left, blue);
    expandRow(redness, luma, y, left, red);
    colorRow(luma.data, rowOf(luma, y) + left, blue, red, target, 3 * (y * width + left));
  }
}

/** Place of the sample with x = 0 in row `y`, which may be before those that are there. */
function rowOf({ stride, left, top }: Plane, y: number): number {
  return (y - top) * stride - left;
}

/** Chroma of the pixels of a row from `left` on: each is 3/4 of the nearest sample and 1/4 of the next, along both axes. */
function expandRow(chroma: Plane, luma: Plane, y: number, left: number, target: Uint8Array): void {
  const { data, width, height } = chroma;
  const isTall = height < luma.height;
  const row = isTall ? y >> 1 : y;
  const nearest = rowOf(chroma, row);
  if (width === luma.width) {
    target.set(data.subarray(nearest + left, nearest + left + target.length));
    return;
  }
  const neighbour = isTall ? Math.min(Math.max(row + (y & 1 ? 1 : -1), 0), height - 1) : row;
  const first = left >> 1;
  const sums = sumRows(
    data,
    nearest,
    rowOf(chroma, neighbour),
    first,
    (left + target.length - 1) >> 1,
    width,
  );
  expandAcross(sums, left & 1, target, isTall ? 8 : 4, isTall ? 7 : 8);
}

/** Four times the chroma of samples `first` to `last` and one more on each side; the outermost ones repeat. */
function sumRows(
  data: Uint8ClampedArray,
  nearest: number,
  next: number,
  first: number,
  last: number,
  width: number,
): Int32Array {
  const sums = new Int32Array(last - first + 3);
  const start = Math.max(first - 1, 0);
  const end = Math.min(last + 1, width - 1);
  for (let x = start, to = start - first + 1; x <= end; x++, to++) {
    sums[to] = 3 * data[nearest + x]! + data[next + x]!;
  }
  if (first === 0) sums[0] = sums[1]!;
  if (end === last) sums[sums.length - 1] = sums[sums.length - 2]!;
  return sums;
}

/** @param skipped 1 if the first pixel is the second one of its sample */
function expandAcross(
  sums: Int32Array,
  skipped: number,
  target: Uint8Array,
  evenBias: number,
  oddBias: number,
): void {
  const { length } = target;
  for (let place = 1, to = -skipped; to < length; place++, to += 2) {
    const here = 3 * sums[place]!;
    if (to >= 0) target[to] = (here + sums[place - 1]! + evenBias) >> 4;
    if (to + 1 < length) target[to + 1] = (here + sums[place + 1]! + oddBias) >> 4;
  }
}

/** 1.402, 0.34414, 0.71414 and 1.772 with 16 bits. */
const RED_OF_RED = 91881;
const GREEN_OF_BLUE = 22554;
const GREEN_OF_RED = 46802;
const BLUE_OF_BLUE = 116130;
const HALF = 1 << 15;

function colorRow(
  luma: Uint8ClampedArray,
  start: number,
  blueness: Uint8Array,
  redness: Uint8Array,
  target: Uint8ClampedArray,
  offset: number,
): void {
  for (let x = 0, from = start, to = offset; x < blueness.length; x++, from++, to += 3) {
    const light = luma[from]!;
    const blue = blueness[x]! - 128;
    const red = redness[x]! - 128;
    target[to] = light + ((imul(RED_OF_RED, red) + HALF) >> 16);
    target[to + 1] = light + ((HALF - imul(GREEN_OF_BLUE, blue) - imul(GREEN_OF_RED, red)) >> 16);
    target[to + 2] = light + ((imul(BLUE_OF_BLUE, blue) + HALF) >> 16);
  }
}
