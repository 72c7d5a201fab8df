// Small JPEG files of the usual kinds decoded in TypeScript, with the pixels of libjpeg-turbo: a call of libvips takes ten
// times as long for one of 32 x 32 pixels, and as long for one of 256 x 256; beyond, its vector instructions win.
import type { Image } from '../image.ts';
import { checkPixels } from '../limits.ts';
import type { RegionOf } from '../region.ts';
import { type JpegHeader, readHeader } from './header.ts';
import { writeGrey, writeRgb } from './pixels.ts';
import { readScan } from './scan.ts';

const MOST_PIXELS = 2 ** 16;
/** libjpeg treats the chroma of smaller images in a way of its own. */
const LEAST_CHROMA = { width: 3, height: 2 };

/**
 * The image of a small JPEG file, or of a region of it: pixels outside it are black, and damage below it is not noticed.
 * undefined if the file is not one of the usual ones (8 bits, one sequential scan, upright, grey or YCbCr in 4:4:4, 4:2:2
 * or 4:2:0), damaged, or has more than 2^16 pixels: libvips knows what to do about those.
 * @throws DataError if the image has more than `maxPixels` pixels
 */
export function decodeJpeg(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  regionOf: RegionOf = () => undefined,
): Image | undefined {
  const header = bytes[0] === 0xff && bytes[1] === 0xd8 ? readHeader(bytes) : undefined;
  if (!header || !isSmall(header)) return undefined;
  const { width, height } = header;
  checkPixels(name, width, height, maxPixels);
  const region = regionOf({ width, height }) ?? { left: 0, top: 0, width, height };
  const planes = readScan(bytes, header, region);
  if (!planes) return undefined;
  const channels = planes.length === 1 ? 1 : 3;
  const data = new Uint8ClampedArray(width * height * channels);
  const pixels = new Uint8Array(data.buffer);
  if (channels === 1) writeGrey(planes[0]!, region, pixels, width);
  else writeRgb(planes, region, data, width);
  return { width, height, channels, data: pixels };
}

function isSmall({ width, height, components }: JpegHeader): boolean {
  const { across, down } = components[0]!;
  const hasChroma =
    (across === 1 || Math.ceil(width / across) >= LEAST_CHROMA.width) &&
    (down === 1 || Math.ceil(height / down) >= LEAST_CHROMA.height);
  return width * height <= MOST_PIXELS && hasChroma;
}
