// Grayscale to RGB and back.
import type { Image } from './image.ts';

/**
 * The image with 1 or 3 channels; the same object if it has them already. RGB becomes grayscale by ITU-R 601 luma in 16-bit
 * fixed point, exactly like Pillow's `convert('L')`; grayscale becomes RGB by repetition.
 */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  return channels === 1 ? toGray(image) : toRgb(image);
}

function toGray({ width, height, data }: Image): Image {
  const gray = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < gray.length; i++, from += 3) {
    gray[i] = (19595 * data[from] + 38470 * data[from + 1] + 7471 * data[from + 2] + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: gray };
}

function toRgb({ width, height, data }: Image): Image {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, to = 0; i < data.length; i++) {
    const value = data[i];
    rgb[to++] = value;
    rgb[to++] = value;
    rgb[to++] = value;
  }
  return { width, height, channels: 3, data: rgb };
}
