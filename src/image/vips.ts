// Image files read by libvips, through sharp.
import type { Metadata, Sharp } from 'sharp';
import { DataError, FoveaError, internal } from '../base/errors.ts';
import { describeBytes } from './describe.ts';
import type { Image } from './image.ts';
import { checkPixels, DEFAULT_MAX_PIXELS, withinBudget } from './limits.ts';
import type { Region } from './region.ts';
import { sharp } from './sharp.ts';
import { conversionAdvice, unsupportedContent } from './unsupported-formats.ts';
import { needsValueRange, scaleToPixels, type ValueRange } from './value-range.ts';

const READABLE = 'JPEG, PNG, WebP, GIF, TIFF, AVIF and uncompressed BMP';
// Without SVG and the like: they are programs for a renderer, not pixels.
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'];
const MAX_SECONDS = 60;

/** Types of values, as libvips calls them, with a fixed black and white: 0 and the largest value. */
const STANDARD_DEPTHS: readonly string[] = ['uchar', 'ushort'];
/** Types that need a value range. */
const RANGE_DEPTHS: Readonly<Record<string, string>> = {
  uint: '32-bit',
  int: 'signed 32-bit',
  float: '32-bit floating-point',
  double: '64-bit floating-point',
};

/**
 * The header of an image.
 * @throws DataError if it is not an image of a supported format
 */
export async function readMetadata(bytes: Uint8Array, name: string): Promise<Metadata> {
  const unsupported = unsupportedContent(bytes);
  if (unsupported !== undefined) {
    throw new DataError(
      `${name}: is ${unsupported} by its content, which cannot be read; ${conversionAdvice(unsupported)}.`,
    );
  }
  const expected = `expected ${READABLE}; convert it to PNG or remove it.`;
  let metadata: Metadata;
  try {
    metadata = await openSharp(bytes).metadata();
  } catch (error) {
    if (error instanceof FoveaError) throw error; // A missing package is not a fault of the file.
    const found = describeBytes(bytes);
    throw new DataError(`${name}: is not a readable image but ${found}; ${expected}`, { cause: error });
  }
  if (!FORMATS.includes(metadata.format)) {
    throw new DataError(`${name}: is ${metadata.format.toUpperCase()}; ${expected}`);
  }
  return metadata;
}

/** Offset of the bits per channel in a PNG. */
export const PNG_BIT_DEPTH = 24;

export type PixelSpace = 'b-w' | 'srgb' | 'cmyk';

/** The color space for decoding a file: grayscale only if the file is. */
export function pixelSpaceOf(space: string | undefined): PixelSpace {
  if (space === 'cmyk') return 'cmyk';
  return space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb';
}

export interface VipsOptions {
  readonly name: string;
  /** The region to decode, of an image that is stored upright (default: the whole image). */
  readonly region?: Region | undefined;
  readonly valueRange?: ValueRange | undefined;
}

/**
 * Decodes the pixels of an image whose header was read.
 * @throws DataError if it is damaged, or needs a value range and there is none
 */
export async function decodeWith(
  metadata: Metadata,
  bytes: Uint8Array,
  options: VipsOptions,
): Promise<Image> {
  const { depth, space } = metadata;
  const { name, valueRange } = options;
  const needsRange = RANGE_DEPTHS[depth];
  if (needsRange === undefined && !STANDARD_DEPTHS.includes(depth)) {
    // sharp clips their negative values.
    throw new DataError(`${name}: has signed values of 8 or 16 bits; convert it to unsigned ones.`);
  }
  if (depth !== 'uchar' && valueRange) return decodeValues(metadata, bytes, valueRange, options);
  if (needsRange !== undefined) throw needsValueRange(name, needsRange);
  return decodePixels(bytes, pixelSpaceOf(space), options);
}

/** Pixels of images of 8 bits, and of 16 bits scaled to 8. */
export async function decodePixels(
  bytes: Uint8Array,
  space: PixelSpace,
  options: VipsOptions,
): Promise<Image> {
  const source = upright(openSharp(bytes), options.region);
  // Without this, libvips would convert CMYK to RGB by a profile, and back.
  if (space === 'cmyk') source.pipelineColourspace('cmyk');
  const { data, info } = await read(source.toColourspace(space).raw({ depth: 'uchar' }), options.name);
  const { width, height } = info;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (space === 'cmyk') return { width, height, channels: 3, data: rgbOfInks(pixels) };
  return { width, height, channels: channelsOf(info, options.name), data: pixels };
}

async function decodeValues(
  metadata: Metadata,
  bytes: Uint8Array,
  valueRange: ValueRange,
  options: VipsOptions,
): Promise<Image> {
  const source = upright(openSharp(bytes), options.region);
  const { values, info } = await readValues(source, metadata, options.name);
  const { width, height } = info;
  return { width, height, channels: channelsOf(info, options.name), data: scaleToPixels(values, valueRange) };
}

/** The values as stored: libvips does not scale them in the file's own color space. */
async function readValues(source: Sharp, { space, depth }: Metadata, name: string) {
  const type = depth as keyof typeof VALUE_ARRAYS;
  const { data, info } = await read(source.toColourspace(space ?? 'srgb').raw({ depth: type }), name);
  const Values = VALUE_ARRAYS[type];
  return { values: new Values(data.buffer, data.byteOffset, data.length / Values.BYTES_PER_ELEMENT), info };
}

/** The typed array for values of a type. */
const VALUE_ARRAYS = {
  ushort: Uint16Array,
  uint: Uint32Array,
  int: Int32Array,
  float: Float32Array,
  double: Float64Array,
} as const;

/**
 * The smallest and largest value of an image of 16 bits per channel; undefined for others.
 * @throws DataError if it cannot be decoded, or has too many pixels
 */
export async function findValueRange(bytes: Uint8Array, name: string): Promise<ValueRange | undefined> {
  if (!mayBeHighBitDepth(bytes)) return undefined;
  const metadata = await readMetadata(bytes, name);
  if (metadata.depth !== 'ushort') return undefined;
  checkPixels(name, metadata, bytes.length, DEFAULT_MAX_PIXELS);
  const { values } = await withinBudget(metadata, () => readValues(openSharp(bytes), metadata, name));
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return [smallest, largest];
}

/** Whether a file can have more than 8 bits per channel: PNG by its header, and TIFF and AVIF. */
function mayBeHighBitDepth(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith('\x89PNG')) return bytes[PNG_BIT_DEPTH] === 16;
  return start.startsWith('II') || start.startsWith('MM') || start.slice(4, 8) === 'ftyp';
}

function upright(source: Sharp, region: Region | undefined): Sharp {
  return region ? source.extract(region) : source.autoOrient();
}

function read(source: Sharp, name: string) {
  return source
    .timeout({ seconds: MAX_SECONDS })
    .flatten({ background: '#ffffff' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      const advice = 'copy or download it again, or remove it.';
      const reason = error.message.split('\n')[0];
      throw new DataError(`${name}: the image is damaged (${reason}); ${advice}`, { cause: error });
    });
}

function channelsOf({ channels }: { readonly channels: number }, name: string): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw internal(`${name}: decoded to ${channels} channels`);
}

/** Pillow's conversion: 255 (1 - ink) (1 - black). */
function rgbOfInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3];
    for (let ink = 0; ink < 3; ink++) {
      const product = inks[from + ink] * light + 128;
      rgb[to++] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return rgb;
}

function openSharp(bytes: Uint8Array): Sharp {
  // The pixel limit is checked on the header, where the message can name the size. failOn 'error' is as strict as Pillow:
  // stray bytes are accepted, truncated files are not.
  return sharp(bytes, { limitInputPixels: false, failOn: 'error', ignoreIcc: true, sequentialRead: true });
}
