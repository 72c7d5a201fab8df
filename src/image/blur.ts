// Gaussian blur with the pixels of torchvision's `gaussian_blur` on 8-bit images: borders reflected, rounded half to even.
import { roundHalfToEven, sum } from '../base/numbers.ts';
import type { Image } from './image.ts';

/**
 * The image convolved with a Gaussian, along rows and then along columns. Beyond the border the image is reflected at its
 * outermost pixels, as often as needed.
 * @param sigma standard deviation in pixels, above 0
 * @param size width of the kernel in pixels, an odd number
 */
export function blur(image: Image, sigma: number, size: number): Image {
  const { width, height, channels, data } = image;
  const weights = gaussian(sigma, size);
  const rows = new Float64Array(data.length);
  const pixels = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let channel = 0; channel < channels; channel++) {
      const line = { start: y * width * channels + channel, step: channels, length: width };
      convolve(data, line, weights, rows);
    }
  }
  for (let start = 0; start < width * channels; start++) {
    convolve(rows, { start, step: width * channels, length: height }, weights, pixels, roundHalfToEven);
  }
  return { width, height, channels, data: pixels };
}

/** `size` values of the density at -(size - 1) / 2 .. (size - 1) / 2, scaled to a sum of 1. */
function gaussian(sigma: number, size: number): number[] {
  const values = Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2));
  const total = sum(values);
  return values.map((value) => value / total);
}

/** A row or column: values `step` elements from one to the next. */
interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

function convolve(
  source: ArrayLike<number>,
  { start, step, length }: Line,
  weights: readonly number[],
  target: Float64Array | Uint8Array,
  round: (value: number) => number = (value) => value,
): void {
  const half = (weights.length - 1) / 2;
  for (let i = 0; i < length; i++) {
    let result = 0;
    for (let tap = 0; tap < weights.length; tap++) {
      result += weights[tap] * source[start + reflected(i + tap - half, length) * step];
    }
    target[start + i * step] = round(result);
  }
}

/** The place inside 0 .. length - 1 that a place beyond it shows. */
function reflected(place: number, length: number): number {
  if (place >= 0 && place < length) return place;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = Math.abs(place) % period;
  return Math.min(folded, period - folded);
}
