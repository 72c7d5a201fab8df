// Mean and standard deviation of the pixels of many images, exactly: from counts of the 256 values.
import type { Image } from '../../image/image.ts';

const VALUES = 256;

export interface ChannelStatistics {
  /** Of each channel, in units of 0 .. 255: one for gray images, three where there are colored ones. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export class PixelStatistics {
  /** How many pixels have each value: of gray images, and of the three channels of colored ones. */
  private readonly gray = new Float64Array(VALUES);
  private readonly rgb = [0, 1, 2].map(() => new Float64Array(VALUES));
  private hasColor = false;

  /** Every pixel counts alike, so large images count more. */
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

  /** Gray pixels count in all three channels, where there are colored ones. */
  get figures(): ChannelStatistics {
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
