// Image files to 8-bit pixels: small JPEGs by libjpeg-turbo, BMP by our own decoder, all others by sharp (libvips).

import { wrongArgument } from '../base/arguments.ts';
import { readRegularFile, readRegularFileSync } from '../system/files.ts';
import { decodeBmp, isBmp } from './bmp.ts';
import type { Image } from './image.ts';
import { decodeJpeg, MAX_PIXELS } from './jpeg.ts';
import { type JpegHeader, readJpegHeader } from './jpeg-header.ts';
import { checkPixels, DEFAULT_MAX_PIXELS, withinBudget } from './limits.ts';
import { applyOrientation, pngTextOrientation } from './orientation.ts';
import { cropTo, type RegionOf } from './region.ts';
import type { ValueRange } from './value-range.ts';
import { decodePixels, decodeWith, readMetadata } from './vips.ts';

const MAX_FILE_BYTES = 2 ** 30;

/** How image files of a data set are decoded. */
export interface DecodeSettings {
  /** Largest width x height to decode; defaults to 100 million. */
  readonly maxPixels?: number | undefined;
  /**
   * The values that become black and white in images of more than 8 bits per channel, such as [0, 4095]. The default is
   * [0, 65535] for 16 bits; images of floating-point, signed or 32-bit values need a range.
   */
  readonly valueRange?: ValueRange | undefined;
}

/** Further options of `decodeImage`. */
export interface DecodeOptions extends DecodeSettings {
  /** Name of bytes without a path in messages (default: `image`). */
  readonly name?: string;
  /** Chooses a region to decode, which can save time (default: the whole image). */
  readonly regionOf?: RegionOf;
}

/**
 * Decodes an image file: JPEG, PNG, WebP, GIF and TIFF (first frame), AVIF, BMP. The EXIF orientation is applied,
 * transparency becomes white, 16 bits become 8 (see `valueRange`), CMYK becomes RGB. Grayscale files have one channel, all
 * others three. Embedded color profiles are ignored, as in Pillow and torchvision.
 *
 *     const { width, height, channels, data } = await decodeImage('cat.jpg');
 *
 * @param source a path, or the bytes of a file
 * @returns 8-bit pixels `[H, W, C]`
 * @throws DataError if the file cannot be read, is not an image, is damaged, has more than `maxPixels` pixels, or has values
 *   that need a range
 */
export async function decodeImage(source: string | Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw wrongArgument('decodeImage(source, options?)', 'source', 'a path or the bytes of a file', source);
  }
  const name = options.name ?? (typeof source === 'string' ? source : 'image');
  const maxPixels = options.maxPixels ?? DEFAULT_MAX_PIXELS;
  const bytes = typeof source === 'string' ? await readImageFile(source) : source;
  const { regionOf = () => undefined } = options;
  if (isBmp(bytes)) return cropTo(decodeBmp(bytes, name, maxPixels), regionOf);
  const header = readJpegHeader(bytes);
  if (header) return decodePlainJpeg(bytes, name, header, maxPixels, regionOf);
  const metadata = await readMetadata(bytes, name);
  checkPixels(name, metadata, bytes.length, maxPixels);
  const { width, height, format, orientation = 1 } = metadata;
  // Only where libvips stops reading at the last row of the region, and the image is stored upright.
  const region = format === 'jpeg' && orientation === 1 ? regionOf({ width, height }) : undefined;
  const { valueRange } = options;
  const image = await withinBudget(metadata, () => decodeWith(metadata, bytes, { name, region, valueRange }));
  if (region) return image;
  const isOriented = metadata.format !== 'png' || metadata.orientation !== undefined;
  return cropTo(isOriented ? image : applyOrientation(image, pngTextOrientation(bytes)), regionOf);
}

/**
 * The bytes of an image file, as `decodeImage` reads them.
 * @throws DataError if it is not a regular file, too large, or cannot be read
 */
export function readImageFile(path: string): Promise<Uint8Array> {
  return readRegularFile(path, { maxBytes: MAX_FILE_BYTES });
}

/** Synchronous `readImageFile`, for worker threads: several times faster for small files. */
export function readImageFileSync(path: string): Uint8Array {
  return readRegularFileSync(path, { maxBytes: MAX_FILE_BYTES });
}

/** Small files bypass libvips, since one call of it takes longer than decoding them; the header is read only once. */
async function decodePlainJpeg(
  bytes: Uint8Array,
  name: string,
  header: JpegHeader,
  maxPixels: number,
  regionOf: RegionOf,
): Promise<Image> {
  const { width, height, channels } = header;
  checkPixels(name, header, bytes.length, maxPixels);
  const region = regionOf({ width, height });
  const small = width * height <= MAX_PIXELS ? await decodeJpeg(bytes, header, region) : undefined;
  const space = channels === 1 ? 'b-w' : 'srgb';
  return small ?? withinBudget(header, () => decodePixels(bytes, space, { name, region }));
}
