// How large a picture may be before its pixels are decoded.
import { DataError } from '../tensor/errors.ts';

/** Pixels a file may claim unless the caller allows more: 100 megapixels, 300 MB as RGB. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** @throws DataError if a picture of this size is empty or larger than the limit */
export function checkPixels(name: string, width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) {
    throw new DataError(`${name}: claims ${width} x ${height} pixels; an image needs at least one pixel.`);
  }
  if (width * height > maxPixels) {
    throw new DataError(
      `${name}: claims ${width} x ${height} = ${width * height} pixels, but the limit is ${maxPixels} ` +
        '(a small file can unfold to fill the memory). Shrink the picture, or, in a program, raise maxPixels if you trust it.',
    );
  }
}
