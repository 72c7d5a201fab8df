// Image files to 8-bit pixels: small JPEGs by libjpeg-turbo, BMP by hand, all others by sharp (libvips).
import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { DataError, internal } from '../tensor/errors.ts';
import { decodeBmp, isBmp } from './bmp.ts';
import { describeBytes } from './describe.ts';
import { conversionAdvice, foreignContent } from './foreign-formats.ts';
import type { Image } from './image.ts';
import { decodeJpeg, MOST_PIXELS } from './jpeg.ts';
import { type JpegHeader, readJpegHeader } from './jpeg-header.ts';
import { checkPixels, DEFAULT_MAX_PIXELS } from './limits.ts';
import { oriented, pngTextOrientation } from './orientation.ts';
import { partOf, type Region, type RegionOf } from './region.ts';

const READABLE = 'JPEG, PNG, WebP, GIF, TIFF, AVIF and uncompressed BMP';
// SVG and the like are left out: they are programs for a renderer, not pixels.
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'];
const MAX_FILE_BYTES = 2 ** 30;
const MAX_SECONDS = 60;

export interface DecodeOptions {
  /** What messages call bytes that have no path; `image` if left out. */
  readonly name?: string;
  /** Largest width x height to decode; 100 million if left out. */
  readonly maxPixels?: number;
  /** Chooses the part that is wanted, which can save time; all of the image if left out. */
  readonly regionOf?: RegionOf;
}

/**
 * Decodes an image file: JPEG, PNG, WebP, GIF and TIFF (first frame), AVIF, BMP. The EXIF orientation is applied,
 * transparency becomes white, 16 bits become 8, CMYK becomes RGB; grey files give one channel, all others three.
 * Embedded colour profiles are ignored, as Pillow and torchvision do. Of the image comes the part that is wanted.
 * @param source a path, or the file's bytes
 * @throws DataError if the file cannot be read, is no image, is damaged, or has more than `maxPixels` pixels
 */
export async function decodeImage(source: string | Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  const name = options.name ?? (typeof source === 'string' ? source : 'image');
  const maxPixels = options.maxPixels ?? DEFAULT_MAX_PIXELS;
  const bytes = typeof source === 'string' ? await readImageFile(source) : source;
  const { regionOf = () => undefined } = options;
  if (isBmp(bytes)) return partOf(decodeBmp(bytes, name, maxPixels), regionOf);
  const header = readJpegHeader(bytes);
  if (header) return decodeUsualJpeg(bytes, name, header, maxPixels, regionOf);
  const metadata = await readMetadata(bytes, name);
  checkPixels(name, metadata.width, metadata.height, maxPixels);
  const { width, height, format, orientation = 1 } = metadata;
  // Only where libvips stops reading at the region's last row, and rows are as they are stored.
  const region = format === 'jpeg' && orientation === 1 ? regionOf({ width, height }) : undefined;
  const image = await decodePixels(bytes, name, pixelSpaceOf(metadata.space), region);
  if (region) return image;
  const isOriented = metadata.format !== 'png' || metadata.orientation !== undefined;
  return partOf(isOriented ? image : oriented(image, pngTextOrientation(bytes)), regionOf);
}

/**
 * The bytes of an image file, as `decodeImage` reads them.
 * @throws DataError if it is no file, too large, or cannot be read
 */
export async function readImageFile(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw cannotOpen(path, error);
  });
  checkFile(path, found);
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw cannotRead(path, error);
  });
}

/** `readImageFile` for threads that have nothing else to do: several times faster for small files. */
export function readImageFileSync(path: string): Uint8Array {
  checkFile(
    path,
    attempt(() => statSync(path), path, cannotOpen),
  );
  return attempt(() => readFileSync(path), path, cannotRead);
}

type Refusal = (path: string, error: NodeJS.ErrnoException) => DataError;

function attempt<T>(action: () => T, path: string, refusal: Refusal): T {
  try {
    return action();
  } catch (error) {
    throw refusal(path, error as NodeJS.ErrnoException);
  }
}

function cannotOpen(path: string, error: NodeJS.ErrnoException): DataError {
  return new DataError(`${path}: cannot be opened (${error.code ?? error.message}); check the path.`);
}

function cannotRead(path: string, error: NodeJS.ErrnoException): DataError {
  return new DataError(`${path}: cannot be read (${error.code ?? error.message}); check its permissions.`);
}

function checkFile(path: string, found: Stats): void {
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a folder' : 'no regular file';
    throw new DataError(`${path}: is ${kind}; give the path of an image file.`);
  }
  if (found.size > MAX_FILE_BYTES) {
    throw new DataError(`${path}: has ${found.size} bytes; image files up to ${MAX_FILE_BYTES} are read.`);
  }
}

/** A call of libvips takes longer than all pixels of a small file, so it is spared those, and their header twice. */
async function decodeUsualJpeg(
  bytes: Uint8Array,
  name: string,
  header: JpegHeader,
  maxPixels: number,
  regionOf: RegionOf,
): Promise<Image> {
  const { width, height, channels } = header;
  checkPixels(name, width, height, maxPixels);
  const region = regionOf({ width, height });
  const small = width * height <= MOST_PIXELS ? await decodeJpeg(bytes, header, region) : undefined;
  return small ?? decodePixels(bytes, name, channels === 1 ? 'b-w' : 'srgb', region);
}

async function readMetadata(bytes: Uint8Array, name: string): Promise<Metadata> {
  const foreign = foreignContent(bytes);
  if (foreign !== undefined) {
    throw new DataError(
      `${name}: is ${foreign} by its content, which cannot be read; ${conversionAdvice(foreign)}.`,
    );
  }
  const expected = `expected ${READABLE}; convert it to PNG or remove it.`;
  let metadata: Metadata;
  try {
    metadata = await openSharp(bytes).metadata();
  } catch (error) {
    const found = describeBytes(bytes);
    throw new DataError(`${name}: is no readable image but ${found}; ${expected}`, { cause: error });
  }
  if (!FORMATS.includes(metadata.format)) {
    throw new DataError(`${name}: is ${metadata.format.toUpperCase()}; ${expected}`);
  }
  return metadata;
}

type PixelSpace = 'b-w' | 'srgb' | 'cmyk';

/** The space that pixels are decoded in, by that of the file: grayscale only where the file is. */
export function pixelSpaceOf(space: string | undefined): PixelSpace {
  if (space === 'cmyk') return 'cmyk';
  return space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb';
}

async function decodePixels(
  bytes: Uint8Array,
  name: string,
  space: PixelSpace,
  region: Region | undefined,
): Promise<Image> {
  const source = openSharp(bytes);
  if (region) source.extract(region);
  else source.autoOrient();
  // Without this libvips would convert inks to colours by a profile, before it is asked for inks again.
  if (space === 'cmyk') source.pipelineColourspace('cmyk');
  const { data, info } = await source
    .timeout({ seconds: MAX_SECONDS })
    .flatten({ background: '#ffffff' })
    .toColourspace(space)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      const advice = 'copy or download it again, or remove it.';
      const reason = error.message.split('\n')[0];
      throw new DataError(`${name}: the image is damaged (${reason}); ${advice}`, { cause: error });
    });
  const { width, height, channels } = info;
  if (space === 'cmyk') return { width, height, channels: 3, data: rgbOfInks(data) };
  if (channels !== 1 && channels !== 3) throw internal(`${name}: decoded to ${channels} channels`);
  return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Pillow's conversion: every ink takes off its share of what black leaves. */
function rgbOfInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) {
      const product = inks[from + ink]! * light + 128;
      rgb[to++] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return rgb;
}

function openSharp(bytes: Uint8Array): Sharp {
  // The pixel limit is checked on the header, where the message can say the size; failOn 'error' is what Pillow
  // tolerates: stray bytes pass, truncated files do not.
  return sharp(bytes, { limitInputPixels: false, failOn: 'error', ignoreIcc: true, sequentialRead: true });
}
