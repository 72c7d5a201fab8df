// The header of a JPEG file (ITU-T T.81, annex B).
import { tiffOrientation } from './orientation.ts';
import type { ImageSize } from './region.ts';

export interface JpegHeader extends ImageSize {
  readonly channels: 1 | 3;
}

const FRAMES = [0xc0, 0xc1];
const SCAN = 0xda;
const EXIF = [0xe1, 'Exif\0\0'] as const;
/** Tables, the restart interval, application data, and comments. */
const OTHERS = [0xc4, 0xdb, 0xdd, 0xfe, ...Array.from({ length: 16 }, (_, i) => 0xe0 + i)];

/**
 * The header of a plain file: 8 bits, one or three channels, all of them in one sequential scan, upright. Undefined for all
 * others, and for a file with an unknown segment before its pixels.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 4 || file.readUInt16BE(0) !== 0xffd8) return undefined;
  let header: JpegHeader | undefined;
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1];
    const body = file.subarray(at + 4, at + 2 + file.readUInt16BE(at + 2));
    if (marker === SCAN) return body[0] === header?.channels ? header : undefined;
    if (FRAMES.includes(marker)) header = readFrame(body);
    else if (!OTHERS.includes(marker) || isRotated(marker, body)) return undefined;
    at += 4 + body.length;
  }
  return undefined;
}

function readFrame(body: Buffer): JpegHeader | undefined {
  if (body.length < 6 || body[0] !== 8) return undefined;
  const channels = body[5];
  if (channels !== 1 && channels !== 3) return undefined;
  return { height: body.readUInt16BE(1), width: body.readUInt16BE(3), channels };
}

function isRotated(marker: number, body: Buffer): boolean {
  const [exif, start] = EXIF;
  if (marker !== exif || body.toString('latin1', 0, start.length) !== start) return false;
  return tiffOrientation(body.subarray(start.length)) !== 1;
}
