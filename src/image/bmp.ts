// Windows bitmaps, which the prebuilt libvips does not read: uncompressed, 1, 4, 8, 24 or 32 bits per pixel.
import { DataError } from '../base/errors.ts';
import type { Image } from './image.ts';
import { checkPixels } from './limits.ts';

const FILE_HEADER = 14;
const INFO_HEADER = 40;
const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;

interface Header {
  readonly width: number;
  readonly height: number;
  /** The common order: the last row comes first. */
  readonly bottomUp: boolean;
  readonly bits: number;
  readonly paletteStart: number;
  readonly paletteLength: number;
  readonly pixelStart: number;
  readonly rowBytes: number;
}

export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Decodes a bitmap: one channel if its palette has only shades of gray, RGB otherwise. A fourth byte is ignored.
 * @throws DataError if it is compressed, truncated or larger than `maxPixels`
 */
export function decodeBmp(bytes: Uint8Array, name: string, maxPixels: number): Image {
  const header = readHeader(bytes, name);
  const { width, height, rowBytes, pixelStart } = header;
  checkPixels(name, header, bytes.length, maxPixels);
  const needed = pixelStart + rowBytes * height;
  if (bytes.length < needed) {
    throw new DataError(
      `${name}: the BMP is truncated: it has ${bytes.length} bytes, but its ${width} x ${height} pixels end at ${needed}; ` +
        'copy or download it again.',
    );
  }
  return header.bits <= 8 ? decodePalette(bytes, header, name) : decodeDirect(bytes, header);
}

/**
 * Channels of the bitmap with these first bytes once decoded.
 * @throws DataError if it cannot be decoded
 */
export function bmpChannels(bytes: Uint8Array, name: string): 1 | 3 {
  const { bits, paletteStart, paletteLength } = readHeader(bytes, name);
  return bits <= 8 && isGray(bytes.subarray(paletteStart, paletteStart + 4 * paletteLength)) ? 1 : 3;
}

function readHeader(bytes: Uint8Array, name: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER + INFO_HEADER || view.getUint32(FILE_HEADER, true) < INFO_HEADER) {
    throw new DataError(`${name}: a BMP without a BITMAPINFOHEADER; save it as PNG.`);
  }
  const infoBytes = view.getUint32(FILE_HEADER, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (!isPlain(view, bits, compression, infoBytes)) {
    throw new DataError(
      `${name}: a BMP with ${bits} bits per pixel and compression ${compression}; expected no compression and 1, 4, 8, ` +
        '24 or 32 bits. Save it as PNG.',
    );
  }
  return {
    width,
    height: Math.abs(signedHeight),
    bottomUp: signedHeight > 0,
    bits,
    paletteStart: FILE_HEADER + infoBytes,
    paletteLength: view.getUint32(46, true) || 2 ** Math.min(bits, 8),
    pixelStart: view.getUint32(10, true),
    rowBytes: Math.ceil((width * bits) / 32) * 4,
  };
}

function isPlain(view: DataView, bits: number, compression: number, infoBytes: number): boolean {
  if (compression === UNCOMPRESSED) return [1, 4, 8, 24, 32].includes(bits);
  const usualMasks =
    view.byteLength >= 66 && infoBytes >= INFO_HEADER && view.getUint32(54, true) === 0xff0000;
  return compression === BIT_FIELDS && bits === 32 && usualMasks && view.getUint32(58, true) === 0xff00;
}

function rowStart(header: Header, y: number): number {
  const row = header.bottomUp ? header.height - 1 - y : y;
  return header.pixelStart + row * header.rowBytes;
}

function decodeDirect(bytes: Uint8Array, header: Header): Image {
  const { width, height } = header;
  const step = header.bits / 8;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    let from = rowStart(header, y);
    for (let x = 0; x < width; x++, from += step) {
      data[to++] = bytes[from + 2];
      data[to++] = bytes[from + 1];
      data[to++] = bytes[from];
    }
  }
  return { width, height, channels: 3, data };
}

function decodePalette(bytes: Uint8Array, header: Header, name: string): Image {
  const { width, height, bits } = header;
  const palette = bytes.subarray(header.paletteStart, header.paletteStart + 4 * header.paletteLength);
  const gray = isGray(palette);
  const channels = gray ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const mask = 2 ** bits - 1;
  for (let y = 0, to = 0; y < height; y++) {
    const start = rowStart(header, y);
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const entry = 4 * ((bytes[start + (bit >> 3)] >> (8 - bits - (bit & 7))) & mask);
      if (entry + 2 >= palette.length) {
        throw new DataError(`${name}: pixel (${x}, ${y}) has no color in the BMP's palette; save it as PNG.`);
      }
      for (let channel = 0; channel < channels; channel++) data[to++] = palette[entry + 2 - channel];
    }
  }
  return { width, height, channels, data };
}

function isGray(palette: Uint8Array): boolean {
  for (let i = 0; i + 2 < palette.length; i += 4) {
    if (palette[i] !== palette[i + 1] || palette[i] !== palette[i + 2]) return false;
  }
  return true;
}
