// The EXIF orientation of an image, also in PNG files of ImageMagick, where libvips ignores it.
import { inflateSync } from 'node:zlib';
import type { Image } from './image.ts';
import { flipHorizontally } from './kernels.ts';
import { flipVertically } from './region.ts';

const PNG_SIGNATURE = 8;
const CHUNK_OVERHEAD = 12;
const EXIF_KEYWORDS = ['Raw profile type exif', 'Raw profile type APP1'];
/** Largest size of EXIF data after decompression. */
const MAX_EXIF = 2 ** 17;
const ORIENTATION_TAG = 0x112;

/** The upright image, by its EXIF orientation 1 to 8. */
export function applyOrientation(image: Image, orientation: number): Image {
  const upright = orientation >= 5 ? transpose(image) : image;
  const mirrored = [2, 3, 6, 7].includes(orientation) ? flipHorizontally(upright) : upright;
  return [3, 4, 7, 8].includes(orientation) ? flipVertically(mirrored) : mirrored;
}

/** Rows become columns. */
function transpose({ width, height, channels, data }: Image): Image {
  const result = new Uint8Array(data.length);
  for (let x = 0, to = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) result[to++] = data[from + channel];
    }
  }
  return { width: height, height: width, channels, data: result };
}

/** The orientation in a PNG's text chunk "Raw profile type exif", hexadecimal; 1 if there is none. */
export function pngTextOrientation(png: Uint8Array): number {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  for (let at = PNG_SIGNATURE; at + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const content = bytes.subarray(at + 8, at + 8 + length);
    const exif = type === 'tEXt' || type === 'zTXt' ? exifOfText(content, type === 'zTXt') : undefined;
    if (exif) return tiffOrientation(exif);
    at += CHUNK_OVERHEAD + length;
  }
  return 1;
}

/** `keyword 0 text`, or `keyword 0 method deflated-text`; the text is a name, a length, and hexadecimal digits. */
function exifOfText(content: Buffer, isCompressed: boolean): Buffer | undefined {
  const end = content.indexOf(0);
  if (!EXIF_KEYWORDS.includes(content.toString('latin1', 0, end))) return undefined;
  const text = isCompressed ? inflate(content.subarray(end + 2)) : content.subarray(end + 1);
  const [, , ...digits] = text.toString('latin1').trimStart().split('\n');
  const exif = Buffer.from(digits.join(''), 'hex');
  return exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
}

function inflate(deflated: Buffer): Buffer {
  try {
    return inflateSync(deflated, { maxOutputLength: MAX_EXIF });
  } catch {
    return Buffer.alloc(0); // Damaged or too long: treated as no EXIF.
  }
}

/** The tag of the first directory of a TIFF structure; 1 if there is none. */
export function tiffOrientation(tiff: Buffer): number {
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const uint16 = (at: number) =>
    at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at);
  if (tiff.length < 8) return 1;
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  for (let entry = 0; entry < uint16(directory); entry++) {
    const at = directory + 2 + 12 * entry;
    const value = uint16(at + 8);
    if (uint16(at) === ORIENTATION_TAG) return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
