// Regions of an image: cropping, flipping, filling, and padding.
import { UsageError } from '../base/errors.ts';
import { formatCount } from '../base/text.ts';
import type { Image } from './image.ts';

/** A rectangle in pixels, from its top left corner. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Width and height in pixels. */
export type ImageSize = Pick<Image, 'width' | 'height'>;

/** Chooses the region that is needed of an image of this size; undefined for all of it. */
export type RegionOf = (size: ImageSize) => Region | undefined;

/** The region of an image that is needed. */
export function cropTo(image: Image, regionOf: RegionOf): Image {
  const region = regionOf(image);
  return region ? crop(image, region) : image;
}

/** The image inside a region; the same object if that is the whole image. */
export function crop(image: Image, region: Region): Image {
  const { left, top, width, height } = region;
  const { channels, data } = image;
  checkInside(image, region);
  if (width === image.width && height === image.height) return image;
  const result = new Uint8Array(width * height * channels);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    result.set(data.subarray(from, from + row), y * row);
  }
  return { width, height, channels, data: result };
}

/** @throws UsageError if the region is empty or reaches beyond the image */
export function checkInside(image: Image, { left, top, width, height }: Region): void {
  const fits = left >= 0 && top >= 0 && left + width <= image.width && top + height <= image.height;
  if (fits && width >= 1 && height >= 1) return;
  throw new UsageError(
    `cannot crop ${width} x ${height} pixels at (${left}, ${top}) from an image of ${image.width} x ${image.height}; ` +
      'pad or enlarge the image first, or crop less.',
  );
}

/** The image mirrored top to bottom. */
export function flipVertically({ width, height, channels, data }: Image): Image {
  const result = new Uint8Array(data.length);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    result.set(data.subarray(y * row, (y + 1) * row), (height - 1 - y) * row);
  }
  return { width, height, channels, data: result };
}

/** A color: one value 0 .. 255 for all channels, or one for each. */
export type Fill = readonly number[];

/** `pixels` of one color. @throws UsageError if the color is for another number of channels */
export function filled(fill: Fill, pixels: number, channels: 1 | 3): Uint8Array {
  if (fill.length !== 1 && fill.length !== channels) {
    throw new UsageError(
      `fill [${fill.join(', ')}] has ${formatCount(fill.length, 'value')}, but the image has ` +
        `${formatCount(channels, 'channel')}; give one value, or one for each channel.`,
    );
  }
  const data = new Uint8Array(pixels * channels).fill(fill[0]);
  if (fill.length > 1) for (let i = 0; i < data.length; i++) data[i] = fill[i % channels];
  return data;
}

/** The image with a region filled. */
export function erase(image: Image, region: Region, fill: Fill): Image {
  checkInside(image, region);
  const { left, top, width, height } = region;
  const { channels } = image;
  const data = image.data.slice();
  const row = filled(fill, width, channels);
  for (let y = top; y < top + height; y++) data.set(row, (y * image.width + left) * channels);
  return { ...image, data };
}

/**
 * Padding modes, as in torchvision: one color; the nearest pixel; or the image reflected at its outermost pixels, which
 * `reflect` does not repeat and `symmetric` does.
 */
export const borders = ['constant', 'edge', 'reflect', 'symmetric'] as const;
export type Border = (typeof borders)[number];

/** Widths of a border in pixels. */
export type Margins = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Pads an image; `fill` is the color of a constant border.
 * @throws UsageError if the image is too small to reflect
 */
export function pad(image: Image, margins: Margins, border: Border = 'constant', fill: Fill = [0]): Image {
  const [left, top, right, bottom] = margins;
  if (margins.every((margin) => margin === 0)) return image;
  const width = left + image.width + right;
  const height = top + image.height + bottom;
  const { channels } = image;
  const result = { width, height, channels, data: filled(fill, width * height, channels) };
  if (border === 'constant') paste(image, result, left, top);
  else copyBorder(image, result, borderSources(image, margins, border));
  return result;
}

/** Copies an image into a larger one with the same number of channels. */
export function paste(
  { width, height, channels, data }: Image,
  target: Image,
  left: number,
  top: number,
): void {
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    target.data.set(data.subarray(y * row, (y + 1) * row), ((top + y) * target.width + left) * channels);
  }
}

/** For each column and row of the padded image, the column or row of the image that it shows. */
function borderSources(
  image: Image,
  [left, top, right, bottom]: Margins,
  border: Exclude<Border, 'constant'>,
) {
  const most = border === 'reflect' ? 1 : 0;
  const tooFew = Math.max(left, right) > image.width - most || Math.max(top, bottom) > image.height - most;
  if (border !== 'edge' && tooFew) {
    throw new UsageError(
      `an image of ${image.width} x ${image.height} pixels is too small to reflect in a border of ` +
        `[${left}, ${top}, ${right}, ${bottom}] (${border}); use a narrower border, or "edge".`,
    );
  }
  const along = (padStart: number, extent: number, padEnd: number) =>
    Int32Array.from({ length: padStart + extent + padEnd }, (_, i) =>
      sourceIndex(i - padStart, extent, border),
    );
  return { columns: along(left, image.width, right), rows: along(top, image.height, bottom) };
}

function sourceIndex(index: number, extent: number, border: Exclude<Border, 'constant'>): number {
  const last = extent - 1;
  if (border === 'edge') return Math.min(Math.max(index, 0), last);
  const repeated = border === 'symmetric' ? 1 : 0;
  if (index < 0) return -index - repeated;
  return index > last ? 2 * last - index + repeated : index;
}

function copyBorder(
  { width, channels, data }: Image,
  target: Image,
  { columns, rows }: ReturnType<typeof borderSources>,
): void {
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) target.data[to++] = data[from + channel];
    }
  }
}
