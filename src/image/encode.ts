// Pixels to PNG and JPEG files.

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Sharp } from 'sharp';
import { ShapeError } from '../base/errors.ts';
import { formatCount } from '../base/text.ts';
import { replaceFile, writeError } from '../system/files.ts';
import type { Image } from './image.ts';
import { sharp } from './sharp.ts';

/** Of JPEG, 1 to 100. */
const QUALITY = 82;

/**
 * The image as the bytes of a PNG file (lossless).
 * @throws ShapeError if `data` does not hold width x height x channels values
 */
export async function encodePng(image: Image): Promise<Uint8Array> {
  return open(image).png().toBuffer();
}

/**
 * The image as the bytes of a JPEG file (smaller, not lossless).
 * @throws ShapeError if `data` does not hold width x height x channels values
 */
export async function encodeJpeg(image: Image): Promise<Uint8Array> {
  return open(image).jpeg({ quality: QUALITY }).toBuffer();
}

function open({ width, height, channels, data }: Image): Sharp {
  if (width < 1 || height < 1 || data.length !== width * height * channels) {
    throw new ShapeError(
      `an image of ${width} x ${height} pixels and ${formatCount(channels, 'channel')} must have ${width * height * channels} values ` +
        `(at least one), got ${data.length}.`,
    );
  }
  const pixels = sharp(data, { raw: { width, height, channels } });
  return pixels.toColourspace(channels === 1 ? 'b-w' : 'srgb');
}

/**
 * Writes an image as a PNG file (lossless). Missing folders are created.
 *
 *     await writePng(await decodeImage('cat.jpg'), 'out/cat.png');
 *
 * @throws ShapeError if `data` does not hold width x height x channels values
 * @throws DataError if the file cannot be written
 */
export async function writePng(image: Image, path: string): Promise<void> {
  const bytes = await encodePng(image);
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw writeError(path, error as NodeJS.ErrnoException);
  }
  await replaceFile(path, [bytes]);
}
