// Decoded images kept in memory that all threads share, up to a number of bytes.
import type { Image } from '../../image/image.ts';

/**
 * Keeps the first images that fit, and all of them for good: an epoch comes back to an image only after all others, so
 * that throwing out the oldest would throw out what is needed next.
 */
export class ImageCache {
  private readonly maxBytes: number;
  private readonly images = new Map<number, Image>();
  private bytes = 0;
  private full = false;

  /** @param maxBytes of pixels */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.full = maxBytes === 0;
  }

  /** Whether an image has been turned away: no more need be offered. */
  get isFull(): boolean {
    return this.full;
  }

  get(index: number): Image | undefined {
    return this.images.get(index);
  }

  /** Keeps a whole image, if it fits. */
  offer(index: number, image: Image): void {
    if (this.full || this.images.has(index)) return;
    this.full = this.bytes + image.data.length > this.maxBytes;
    if (this.full) return;
    this.bytes += image.data.length;
    this.images.set(index, image);
  }
}

/** The image with its pixels where every thread can read them. */
export function shared(image: Image): Image {
  if (image.data.buffer instanceof SharedArrayBuffer) return image;
  const data = new Uint8Array(new SharedArrayBuffer(image.data.length));
  data.set(image.data);
  return { ...image, data };
}
