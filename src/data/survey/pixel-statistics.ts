// Exact mean and standard deviation of the pixels of many images, from counts of the 256 values.
import type { Image } from '../../image/image.ts';

const VALUES = 256;

export interface ChannelStatistics {
  /** For each channel, in units of 0 .. 255: one if all images are grayscale, else three. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export class PixelStatistics {
  /** Counts of each value: of grayscale images, and of the three channels of color images. */
  private readonly gray = new Float64Array(VALUES);
  private readonly rgb = [0, 1, 2].map(() => new Float64Array(VALUES));
  private hasColor = false;

  /** Every pixel has the same weight, so that large images count more. */
  add({ channels, data }: Image): void {
    if (channels === 1) for (let i = 0; i < data.length; i++) this.gray[data[i]]++;
    else {
      this.hasColor = true;
      const [red, green, blue] = this.rgb as [Float64Array, Float64Array, Float64Array];
      for (let i = 0; i < data.length; i += 3) {
        red[data[i]]++;
        green[data[i + 1]]++;
        blue[data[i + 2]]++;
      }
    }
  }

  /** Mean and standard deviation; grayscale pixels count in all three channels if there are color images. */
  get result(): ChannelStatistics {
    const counts = this.hasColor
      ? this.rgb.map((channel) => channel.map((count, value) => count + this.gray[value]))
      : [this.gray];
    const moments = counts.map(momentsOf);
    return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
  }
}

function momentsOf(counts: Float64Array): { mean: number; std: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, value) => sum + count * value, 0) / total;
  const variance = counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
  return { mean, std: Math.sqrt(variance) };
}
