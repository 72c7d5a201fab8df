// Brightness, contrast, saturation and hue, with the pixels of Pillow's ImageEnhance and torchvision's adjust_hue.
// A factor of 1 leaves the image as it is, 0 takes the property away, more than 1 exaggerates it.
import { withChannels } from './channels.ts';
import type { Image } from './image.ts';

const { fround } = Math;

/** Mixed with black. */
export function adjustBrightness(image: Image, factor: number): Image {
  return blendWith(image, 0, factor);
}

/** Mixed with its own mean gray. */
export function adjustContrast(image: Image, factor: number): Image {
  const { data } = withChannels(image, 1);
  let sum = 0;
  for (const value of data) sum += value;
  return blendWith(image, Math.floor(sum / data.length + 0.5), factor);
}

/** Mixed with its own gray; a gray image stays as it is. */
export function adjustSaturation(image: Image, factor: number): Image {
  if (image.channels === 1) return image;
  const gray = withChannels(image, 1).data;
  const data = new Uint8Array(image.data.length);
  const share = fround(factor);
  for (let i = 0, at = 0; i < gray.length; i++) {
    for (const end = at + 3; at < end; at++) data[at] = blend(gray[i], image.data[at], share);
  }
  return { ...image, data };
}

function blendWith(image: Image, level: number, factor: number): Image {
  const share = fround(factor);
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, share));
  return { ...image, data: image.data.map((value) => table[value]) };
}

/** From `start` to `end` and beyond, in float32, cut to a whole number from 0 to 255. */
function blend(start: number, end: number, share: number): number {
  const mixed = fround(start + fround(share * (end - start)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed);
}

/** Colors turned around the circle of hues by `turn` of it, -0.5 to 0.5; a gray image stays as it is. */
export function adjustHue(image: Image, turn: number): Image {
  if (image.channels === 1) return image;
  const data = new Uint8Array(image.data.length);
  const steps = Math.trunc(turn * 255) & 255;
  for (let at = 0; at < data.length; at += 3) rotateHue(image.data, data, at, steps);
  return { ...image, data };
}

/** RGB to HSV in bytes, the hue moved by `steps` of 256, and back: Pillow's rounding in each step. */
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
  // Which channel is highest, and which lowest, goes round with the sixths: red, yellow, green, cyan, blue, magenta.
  const highest = Math.floor(((sixth + 1) % 6) / 2);
  const lowest = (Math.floor((sixth % 6) / 2) + 2) % 3;
  target[at + highest] = value;
  target[at + lowest] = low;
  target[at + (3 - highest - lowest)] = sixth % 2 === 0 ? rising : falling;
}

/** 0 .. 255 around the circle, from red over green and blue to red. */
function hueOf(red: number, green: number, blue: number, value: number, range: number): number {
  const r = fround((value - red) / range);
  const g = fround((value - green) / range);
  const b = fround((value - blue) / range);
  const sixths = red === value ? fround(b - g) : green === value ? fround(2 + r - b) : fround(4 + g - r);
  return Math.trunc(fround((sixths / 6 + 1) % 1) * 255);
}
