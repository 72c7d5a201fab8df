// The loops over pixels in plain TypeScript, with results bit-identical to those in WebAssembly.
import type { Image } from './image.ts';
import type { Filter, PixelKernels } from './pixel-kernels.ts';

// As in `kernels/pixels.ts`: fractional bits of a weight, and the number of bits in its lower half.
const WEIGHT_BITS = 22;
const LOW_BITS = 11;
const HALF = 1 << (WEIGHT_BITS - 1);

export const plainKernels: PixelKernels = {
  resample(image, across, down) {
    const { height, channels } = image;
    const rows = resampleRows(image, across);
    const step = across.extent * channels;
    const data = new Uint8Array(down.extent * step);
    for (let start = 0; start < step; start++) {
      resampleLine({ data: rows, start, step }, height, down, { data, start, step });
    }
    return { width: across.extent, height: down.extent, channels, data };
  },

  flipHorizontally(image) {
    const { width, channels, data } = image;
    const flipped = new Uint8Array(data.length);
    for (let pixel = 0; pixel < data.length / channels; pixel++) {
      const column = pixel % width;
      const from = (pixel - column + width - 1 - column) * channels;
      for (let channel = 0; channel < channels; channel++) {
        flipped[pixel * channels + channel] = data[from + channel];
      }
    }
    return { ...image, data: flipped };
  },

  writeNormalized({ channels, data }, mean, std, target, offset) {
    const pixels = data.length / channels;
    for (let channel = 0; channel < channels; channel++) {
      const [center, scale] = [Math.fround(mean[channel]), Math.fround(std[channel])];
      const start = offset + channel * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        target[start + pixel] = Math.fround(data[pixel * channels + channel] - center) / scale;
      }
    }
  },
};

/** Resamples every row of an image: `[H, extent, C]`. */
function resampleRows({ width, height, channels, data }: Image, across: Filter): Uint8Array {
  const rows = new Uint8Array(height * across.extent * channels);
  for (let y = 0; y < height; y++) {
    for (let channel = 0; channel < channels; channel++) {
      const source = { data, start: y * width * channels + channel, step: channels };
      const target = { data: rows, start: y * across.extent * channels + channel, step: channels };
      resampleLine(source, width, across, target);
    }
  }
  return rows;
}

/** Values `step` bytes from one to the next. */
interface Line {
  readonly data: Uint8Array;
  readonly start: number;
  readonly step: number;
}

/** @param count values of the source */
function resampleLine(
  source: Line,
  count: number,
  { extent, pairs, starts, weights }: Filter,
  target: Line,
): void {
  for (let i = 0; i < extent; i++) {
    const first = starts[i];
    const taps = Math.min(2 * pairs, count - first); // A tap beyond the end has the weight 0.
    let sum = HALF;
    for (let tap = 0; tap < taps; tap++) {
      const place = 2 * (2 * i * pairs + tap) - (tap % 2);
      const weight = weights[place] + (weights[place + 2] << LOW_BITS);
      sum += source.data[source.start + (first + tap) * source.step] * weight;
    }
    target.data[target.start + i * target.step] = Math.max(0, Math.min(255, sum >> WEIGHT_BITS));
  }
}
