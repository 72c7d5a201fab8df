// A white sheet that small pictures are pasteAt on, and what is done to them before.
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { paste } from '../../image/region.ts';

/** A white RGB picture. */
export function blankImage(width: number, height: number): Image {
  return { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(255) };
}

/** Puts a picture, grey or in colour, on a sheet. */
export function pasteAt(sheet: Image, picture: Image, left: number, top: number): void {
  paste(withChannels(picture, 3), sheet, left, top);
}

/** Every pixel as a square of `factor` x `factor` pixels. */
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

/** The least whole factor that makes the longer side of a picture `side` pixels or more. */
export function scaleFactor({ width, height }: Pick<Image, 'width' | 'height'>, side: number): number {
  return Math.max(1, Math.ceil(side / Math.max(width, height)));
}
