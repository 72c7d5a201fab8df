// Limits of decoding: pixels of one image, and of all images being decoded.
import { DataError } from '../base/errors.ts';
import type { ImageSize } from './region.ts';

/** Pixels a file may claim unless the caller allows more: 100 megapixels, 300 MB as RGB. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** Larger images are refused if the file has too few bytes for so many pixels. */
const CHECKED_PIXELS = 2 ** 24;
/** Deflate and LZW reach 8,256 and about 2,700 pixels a byte for blank images. */
const MAX_PIXELS_PER_BYTE = 10_000;

/**
 * Decides by the header of an image whether its pixels are decoded.
 * @param fileBytes size of the file
 * @throws DataError if it is empty, has more pixels than the limit, or a huge number of pixels that its bytes cannot hold
 */
export function checkPixels(
  name: string,
  { width, height }: ImageSize,
  fileBytes: number,
  maxPixels: number,
): void {
  const pixels = width * height;
  if (width < 1 || height < 1) {
    throw new DataError(`${name}: claims ${width} x ${height} pixels; an image needs at least one pixel.`);
  }
  if (pixels > maxPixels) {
    throw new DataError(
      `${name}: claims ${width} x ${height} = ${pixels} pixels, but the limit is ${maxPixels} (a small file can unfold ` +
        'to fill the memory). Shrink the image, or, in a program, raise maxPixels if you trust it.',
    );
  }
  if (pixels > CHECKED_PIXELS && pixels > MAX_PIXELS_PER_BYTE * fileBytes) {
    throw new DataError(
      `${name}: claims ${width} x ${height} = ${pixels} pixels, but has only ${fileBytes} bytes; it is truncated, or made ` +
        'to fill the memory. Copy or download it again, or remove it.',
    );
  }
}

/** Pixels that may be decoded at the same time by one thread; an image with more is decoded alone. */
const PIXELS_IN_FLIGHT = 2 ** 25;
/** Images up to this size never wait: they are decoded a few at once. */
const FREE_PIXELS = 2 ** 20;

/** Admits work in order of arrival while the pixels in flight stay within the limit. */
export class PixelBudget {
  private free: number;
  private readonly limit: number;
  private readonly waiting: { readonly pixels: number; admit(): void }[] = [];

  constructor(limit: number) {
    this.limit = limit;
    this.free = limit;
  }

  /** Runs `work` as soon as there is room for the pixels of an image. */
  async spend<T>({ width, height }: ImageSize, work: () => Promise<T>): Promise<T> {
    const pixels = Math.min(width * height, this.limit);
    if (this.waiting.length > 0 || pixels > this.free) {
      await new Promise<void>((admit) => this.waiting.push({ pixels, admit }));
    } else {
      this.free -= pixels;
    }
    try {
      return await work();
    } finally {
      this.free += pixels;
      this.admitNext();
    }
  }

  private admitNext(): void {
    for (let [next] = this.waiting; next && next.pixels <= this.free; [next] = this.waiting) {
      this.waiting.shift();
      this.free -= next.pixels;
      next.admit();
    }
  }
}

const budget = new PixelBudget(PIXELS_IN_FLIGHT);

/** Runs `decode` when the images that this thread is decoding leave room for one of this size. */
export function withinBudget<T>(size: ImageSize, decode: () => Promise<T>): Promise<T> {
  return size.width * size.height <= FREE_PIXELS ? decode() : budget.spend(size, decode);
}
