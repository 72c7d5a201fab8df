// Resizing that keeps the aspect ratio.
import type { Image } from './image.ts';
import { resize } from './resize.ts';

/** The image resized to a longer side of `side` pixels. */
export function fitInto(image: Image, side: number): Image {
  const scale = side / Math.max(image.width, image.height);
  const extent = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return resize(image, extent(image.height), extent(image.width));
}

/** The image with both sides at most `side` pixels; the same object if they are already. */
export function shrinkInto(image: Image, side: number): Image {
  return Math.max(image.width, image.height) <= side ? image : fitInto(image, side);
}
