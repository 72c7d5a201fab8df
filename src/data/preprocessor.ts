// Applies a list of transforms and writes the numbers a network takes.
import type { Image } from '../image/image.ts';
import { ShapeError } from '../tensor/errors.ts';
import {
  applyTransform,
  type ImageShape,
  type Normalize,
  type Preprocessing,
  readPreprocessing,
  type SampleKey,
  type Transform,
} from './transforms.ts';

const FIXED_KEY: SampleKey = { seed: 0, epoch: 0, index: 0 };

/** A list of transforms made ready: 256 normalised numbers per channel replace the arithmetic. */
export class Preprocessor {
  readonly preprocessing: Preprocessing;
  private readonly pixelSteps: readonly Transform[];
  private readonly tables: readonly Float32Array[];

  /** @throws DataError if the list is not one that `readPreprocessing` accepts */
  constructor(preprocessing: Preprocessing) {
    this.preprocessing = readPreprocessing(preprocessing);
    this.pixelSteps = this.preprocessing.slice(0, -1);
    this.tables = tablesOf(this.preprocessing.at(-1) as Normalize);
  }

  /** The pixels after every transform but the last. */
  pixels(image: Image, key: SampleKey = FIXED_KEY): Image {
    let result = image;
    for (const step of this.pixelSteps) result = applyTransform(step, result, key);
    return result;
  }

  /**
   * Writes what `pixels` gave, normalised, as float32 `[C, H, W]` into `target` from `offset` on.
   * @throws ShapeError if the image has another number of channels than `normalize`, or does not fit in
   */
  write(pixels: Image, target: Float32Array, offset: number): void {
    this.check(pixels, target.length - offset);
    const { data, channels } = pixels;
    for (let channel = 0, to = offset; channel < channels; channel++) {
      const table = this.tables[channel]!;
      for (let from = channel; from < data.length; from += channels) target[to++] = table[data[from]!]!;
    }
  }

  private check({ width, height, channels, data }: Image, room: number): void {
    const count = this.tables.length;
    if (channels !== count) {
      throw new ShapeError(
        `normalize has ${count} mean value(s), but the image has ${channels} channel(s); ` +
          `put { transform: 'channels', channels: ${count} } before it.`,
      );
    }
    if (data.length !== width * height * channels || data.length > room) {
      throw new ShapeError(
        `an image of ${width} x ${height} pixels with ${channels} channel(s) has ${width * height * channels} ` +
          `values; it holds ${data.length}, and there is room for ${room}.`,
      );
    }
  }

  /** Applies the whole list and writes float32 `[C, H, W]` into `target` from `offset` on; gives the shape. */
  apply(image: Image, target: Float32Array, offset = 0, key: SampleKey = FIXED_KEY): ImageShape {
    const pixels = this.pixels(image, key);
    this.write(pixels, target, offset);
    return shapeOf(pixels);
  }
}

/** `[C, H, W]` of an image. */
export function shapeOf(image: Image): ImageShape {
  return [image.channels, image.height, image.width];
}

/** Rounded after each operation, as frameworks do that compute in 32 bits. */
function tablesOf({ mean, std }: Normalize): Float32Array[] {
  const { fround } = Math;
  return mean.map((center, channel) =>
    Float32Array.from({ length: 256 }, (_, pixel) => fround(pixel - fround(center)) / fround(std[channel]!)),
  );
}
