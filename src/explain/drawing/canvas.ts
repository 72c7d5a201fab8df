// A white canvas that small images are pasted on, and nearest-neighbor magnification.
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { paste } from '../../image/region.ts';

/** A white RGB image. */
export function blankImage(width: number, height: number): Image {
  return { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(255) };
}

/** Pastes a grayscale or RGB image onto an RGB canvas. */
export function pasteAt(canvas: Image, image: Image, left: number, top: number): void {
  paste(withChannels(image, 3), canvas, left, top);
}

/** Repeats every pixel `factor` x `factor` times. */
export function magnify({ width, height, channels, data }: Image, factor: number): Image {
  const wide = width * factor;
  const large = new Uint8Array(wide * height * factor * channels);
  for (let y = 0, to = 0; y < height * factor; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < wide; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      for (let channel = 0; channel < channels; channel++) large[to++] = data[from + channel];
    }
  }
  return { width: wide, height: height * factor, channels, data: large };
}

/** The smallest integer factor that makes the longer side of an image at least `side` pixels. */
export function scaleFactor({ width, height }: Pick<Image, 'width' | 'height'>, side: number): number {
  return Math.max(1, Math.ceil(side / Math.max(width, height)));
}
