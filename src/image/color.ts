// Brightness, contrast, saturation and hue, with the pixels of Pillow's ImageEnhance and torchvision's adjust_hue.
// A factor of 1 changes nothing, 0 removes the property, more than 1 amplifies it.
import { withChannels } from './channels.ts';
import type { Image } from './image.ts';

const { fround } = Math;

/** Blends with black. */
export function adjustBrightness(image: Image, factor: number): Image {
  return blendWith(image, 0, factor);
}

/** Blends with the mean gray value of the image. */
export function adjustContrast(image: Image, factor: number): Image {
  const { data } = withChannels(image, 1);
  let sum = 0;
  for (const value of data) sum += value;
  return blendWith(image, Math.floor(sum / data.length + 0.5), factor);
}

/** Blends with the image in grayscale; a grayscale image is returned as it is. */
export function adjustSaturation(image: Image, factor: number): Image {
  if (image.channels === 1) return image;
  const gray = withChannels(image, 1).data;
  const data = new Uint8Array(image.data.length);
  const fraction = fround(factor);
  for (let i = 0, at = 0; i < gray.length; i++) {
    for (const end = at + 3; at < end; at++) data[at] = blend(gray[i], image.data[at], fraction);
  }
  return { ...image, data };
}

function blendWith(image: Image, level: number, factor: number): Image {
  const fraction = fround(factor);
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, fraction));
  return { ...image, data: image.data.map((value) => table[value]) };
}

/** Interpolates or extrapolates from `start` to `end` in float32, truncated to an integer from 0 to 255. */
function blend(start: number, end: number, fraction: number): number {
  const value = fround(start + fround(fraction * (end - start)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** Rotates hues by a fraction of a turn, -0.5 to 0.5; a grayscale image is returned as it is. */
export function adjustHue(image: Image, turns: number): Image {
  if (image.channels === 1) return image;
  const data = new Uint8Array(image.data.length);
  const steps = Math.trunc(turns * 255) & 255;
  for (let at = 0; at < data.length; at += 3) rotateHue(image.data, data, at, steps);
  return { ...image, data };
}

/** RGB to HSV in bytes, the hue rotated by `steps` of 256, and back, with Pillow's rounding in each step. */
function rotateHue(source: Uint8Array, target: Uint8Array, at: number, steps: number): void {
  const red = source[at];
  const green = source[at + 1];
  const blue = source[at + 2];
  const value = Math.max(red, green, blue);
  const range = value - Math.min(red, green, blue);
  const saturation = range === 0 ? 0 : fround(Math.trunc(fround(range / value) * 255) / 255);
  const hue = ((range === 0 ? 0 : hueOf(red, green, blue, value, range)) + steps) & 255;
  const sixth = Math.floor((hue * 6) / 255);
  const within = fround((hue * 6) / 255 - sixth);
  const low = Math.round(value * (1 - saturation));
  const falling = Math.round(value * (1 - fround(saturation * within)));
  const rising = Math.round(value * (1 - saturation * (1 - within)));
  // The highest and lowest channel for each sixth of the circle: red, yellow, green, cyan, blue, magenta.
  const highest = Math.floor(((sixth + 1) % 6) / 2);
  const lowest = (Math.floor((sixth % 6) / 2) + 2) % 3;
  target[at + highest] = value;
  target[at + lowest] = low;
  target[at + (3 - highest - lowest)] = sixth % 2 === 0 ? rising : falling;
}

/** Hue as 0 .. 255: from red to green, blue and back to red. */
function hueOf(red: number, green: number, blue: number, value: number, range: number): number {
  const r = fround((value - red) / range);
  const g = fround((value - green) / range);
  const b = fround((value - blue) / range);
  const sixths = red === value ? fround(b - g) : green === value ? fround(2 + r - b) : fround(4 + g - r);
  return Math.trunc(fround((sixths / 6 + 1) % 1) * 255);
}
