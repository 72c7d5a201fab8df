// A cache of decoded images in memory that all threads share, up to a number of bytes.
import type { Image } from '../../image/image.ts';

/**
 * Keeps the first images that fit, forever: an epoch returns to an image only after all others, so that evicting the oldest
 * image would evict the one that is needed next.
 */
export class ImageCache {
  private readonly maxBytes: number;
  private readonly images = new Map<number, Image>();
  private bytes = 0;
  private full = false;

  /** @param maxBytes maximum bytes of pixels */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.full = maxBytes === 0;
  }

  /** Whether an image did not fit; then no more are added. */
  get isFull(): boolean {
    return this.full;
  }

  get(index: number): Image | undefined {
    return this.images.get(index);
  }

  /** Adds a whole image, if it fits. */
  offer(index: number, image: Image): void {
    if (this.full || this.images.has(index)) return;
    this.full = this.bytes + image.data.length > this.maxBytes;
    if (this.full) return;
    this.bytes += image.data.length;
    this.images.set(index, image);
  }
}

/** The image with its pixels in shared memory. */
export function shared(image: Image): Image {
  if (image.data.buffer instanceof SharedArrayBuffer) return image;
  const data = new Uint8Array(new SharedArrayBuffer(image.data.length));
  data.set(image.data);
  return { ...image, data };
}
