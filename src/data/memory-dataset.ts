// Data sets with all pixels in memory.
import type { Dataset } from './dataset.ts';

/** Images of one size, one after another, and their labels. */
export interface ImageArray {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** `[N, H, W, C]` */
  readonly pixels: Uint8Array;
  /** `[N]`, each the index of a class. */
  readonly labels: ArrayLike<number>;
}

/** @param name of the samples in messages, before their index */
export function memoryDataset(name: string, classes: readonly string[], images: ImageArray): Dataset {
  const { height, width, channels, pixels, labels } = images;
  const size = height * width * channels;
  const label = (index: number) => labels[index];
  return {
    classes,
    length: labels.length,
    channels,
    label,
    inMemory: true,
    get: (index) => {
      const data = pixels.subarray(index * size, (index + 1) * size);
      return { image: { width, height, channels, data }, label: label(index) };
    },
    describe: (index) => `${name} image ${index}`,
  };
}
