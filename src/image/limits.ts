// Limits of decoding: pixels of one image, and of all images decoded at the same time.
import { DataError } from '../base/errors.ts';
import type { ImageSize } from './region.ts';

/** Default limit of pixels of an image: 100 megapixels, 300 MB as RGB. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** Larger images are refused if the file has too few bytes for their pixels. */
const CHECKED_PIXELS = 2 ** 24;
/** Deflate and LZW reach 8,256 and about 2,700 pixels per byte for blank images. */
const MAX_PIXELS_PER_BYTE = 10_000;

/**
 * Checks by the header of an image whether its pixels may be decoded.
 * @param fileBytes size of the file
 * @throws DataError if the image is empty, has more pixels than the limit, or more pixels than its bytes can hold
 */
export function checkPixels(
  name: string,
  { width, height }: ImageSize,
  fileBytes: number,
  maxPixels: number,
): void {
  const pixels = width * height;
  if (width < 1 || height < 1) {
    throw new DataError(`${name}: declares ${width} x ${height} pixels; an image needs at least one pixel.`);
  }
  if (pixels > maxPixels) {
    throw new DataError(
      `${name}: declares ${width} x ${height} = ${pixels} pixels, but the limit is ${maxPixels}, because a small file can ` +
        'expand to fill the memory. Shrink the image, or raise maxPixels in a program if you trust it.',
    );
  }
  if (pixels > CHECKED_PIXELS && pixels > MAX_PIXELS_PER_BYTE * fileBytes) {
    throw new DataError(
      `${name}: declares ${width} x ${height} = ${pixels} pixels, but has only ${fileBytes} bytes; it is truncated, or made ` +
        'to fill the memory. Copy or download it again, or remove it.',
    );
  }
}

/** Pixels that one thread may decode at the same time; a larger image is decoded alone. */
const PIXELS_IN_FLIGHT = 2 ** 25;
/** Images up to this size never wait; only a few are decoded at once. */
const FREE_PIXELS = 2 ** 20;

/** Runs work in order of arrival, as long as the pixels being decoded stay within the limit. */
export class PixelBudget {
  private free: number;
  private readonly limit: number;
  private readonly waiting: { readonly pixels: number; admit(): void }[] = [];

  constructor(limit: number) {
    this.limit = limit;
    this.free = limit;
  }

  /** Runs `work` as soon as there is room for the pixels of one image. */
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

/** Runs `decode` as soon as the images that this thread is decoding leave room for one of this size. */
export function withinBudget<T>(size: ImageSize, decode: () => Promise<T>): Promise<T> {
  return size.width * size.height <= FREE_PIXELS ? decode() : budget.spend(size, decode);
}
