// Channels and bit depth of an image file, from its header alone.
import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../system/files.ts';
import { bmpChannels, isBmp } from './bmp.ts';
import { sharp } from './sharp.ts';
import { PNG_BIT_DEPTH, pixelSpaceOf } from './vips.ts';

/** Enough for the headers of PNG and BMP, and of most JPEG files. */
const FIRST_BYTES = 2048;
/** Bytes to read of a segment, and the maximum number of segments before the frame. */
const JPEG_SEGMENT = 10;
const MAX_SEGMENTS = 1000;
const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';
/** Offset of the color type in a PNG, and the types without color: grayscale, and grayscale with alpha. */
const PNG_COLOR_TYPE = 25;
const PNG_GRAYSCALE = [0, 4];

/** The pixel format that a header declares. */
export interface PixelFormat {
  /** Channels after decoding: 1 for a grayscale file, 3 for any other. */
  readonly channels: 1 | 3;
  /** Whether channels have more than 8 bits. */
  readonly isHighBitDepth: boolean;
}

/**
 * The pixel format of a file. An RGB file that shows only shades of gray has three channels. Headers of PNG, JPEG and BMP are
 * read synchronously, which takes a tenth of the time; others by libvips.
 * @returns undefined if the file cannot be read or is not an image
 */
export async function readPixelFormat(path: string): Promise<PixelFormat | undefined> {
  try {
    return plainFormat(path) ?? (await otherFormat(path));
  } catch {
    return undefined; // Not a regular file, or truncated.
  }
}

function plainFormat(path: string): PixelFormat | undefined {
  const { descriptor } = openRegularFileSync(path);
  try {
    const start = readAt(descriptor, 0, FIRST_BYTES);
    if (start.toString('latin1', 0, PNG_SIGNATURE.length) === PNG_SIGNATURE) return pngFormat(start);
    if (isBmp(start)) return { channels: bmpChannels(start, path), isHighBitDepth: false };
    const channels = start.readUInt16BE(0) === 0xffd8 ? jpegChannels(descriptor, start) : undefined;
    return channels && { channels, isHighBitDepth: false };
  } finally {
    closeSync(descriptor);
  }
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
}

function pngFormat(start: Buffer): PixelFormat {
  const channels = PNG_GRAYSCALE.includes(start.readUInt8(PNG_COLOR_TYPE)) ? 1 : 3;
  return { channels, isHighBitDepth: start.readUInt8(PNG_BIT_DEPTH) === 16 };
}

/** Walks from segment to segment up to the start of frame (ITU-T T.81, B.1.1.3), over embedded thumbnails and profiles. */
function jpegChannels(descriptor: number, start: Buffer): 1 | 3 | undefined {
  for (let at = 2, segments = 0; segments < MAX_SEGMENTS; segments++) {
    const isThere = at + JPEG_SEGMENT <= start.length;
    const segment = isThere ? start.subarray(at, at + JPEG_SEGMENT) : readAt(descriptor, at, JPEG_SEGMENT);
    if (segment.length < JPEG_SEGMENT || segment[0] !== 0xff) return undefined;
    const marker = segment[1];
    if (isStartOfFrame(marker)) return segment[9] === 1 ? 1 : 3;
    // Any number of bytes 0xff may come before a marker.
    at += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
  return undefined;
}

/** SOF0 to SOF15, among which are the tables DHT, JPG and DAC. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

async function otherFormat(path: string): Promise<PixelFormat> {
  const { space, depth } = await sharp(path, { limitInputPixels: false }).metadata();
  return { channels: pixelSpaceOf(space) === 'b-w' ? 1 : 3, isHighBitDepth: depth !== 'uchar' };
}
