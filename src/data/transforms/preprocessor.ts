// Applies a list of transforms and writes the numbers a network takes.

import { ShapeError } from '../../base/errors.ts';
import type { Image } from '../../image/image.ts';
import { writeNormalized } from '../../image/kernels.ts';
import { type ImageSize, partOf, type Region } from '../../image/region.ts';
import { RandomStream } from '../../tensor/random.ts';
import { Draws } from '../../tensor/random-sequence.ts';
import type { Normalize } from './normalize.ts';
import {
  applyToPart,
  applyTransform,
  type ImageShape,
  readTransforms,
  regionOfTransform,
  type Transform,
  type TransformList,
} from './transforms.ts';

/** What random transforms draw their numbers from: same key, same pixels. */
export interface SampleKey {
  readonly seed: number;
  readonly epoch: number;
  /** Of the image in its data set. */
  readonly index: number;
}

const FIXED_KEY: SampleKey = { seed: 0, epoch: 0, index: 0 };
/** Random numbers set aside for one transform of one image. */
const NUMBERS = 64;

/** A list of transforms made ready. */
export class Preprocessor {
  readonly transforms: TransformList;
  private readonly pixelSteps: readonly Transform[];
  private readonly normalize: Normalize;
  private streams: { readonly seed: number; readonly epoch: number; readonly bySteps: RandomStream[] };

  /** @throws DataError if the list is not one that `readTransforms` accepts */
  constructor(transforms: TransformList) {
    this.transforms = readTransforms(transforms, 'preprocessing');
    this.pixelSteps = this.transforms.slice(0, -1);
    this.normalize = this.transforms.at(-1) as Normalize;
    this.streams = streamsOf(this.pixelSteps, FIXED_KEY);
  }

  /** The pixels after every transform but the last: a function of the image and the key. */
  pixels(image: Image, key: SampleKey = FIXED_KEY): Image {
    return this.pixelsOfPart(
      partOf(image, (size) => this.region(size, key)),
      key,
    );
  }

  /** `pixels` for what `region` leaves of an image. */
  pixelsOfPart(part: Image, key: SampleKey): Image {
    let result = part;
    for (const [position, step] of this.pixelSteps.entries()) {
      const apply = position === 0 ? applyToPart : applyTransform;
      result = apply(step, result, this.drawsOf(position, key));
    }
    return result;
  }

  /** All that `pixels` looks at of an image of this size; undefined if that may be everything. */
  region(size: ImageSize, key: SampleKey = FIXED_KEY): Region | undefined {
    const [first] = this.pixelSteps;
    return first && regionOfTransform(first, size, this.drawsOf(0, key));
  }

  private drawsOf(position: number, key: SampleKey): Draws {
    if (key.epoch !== this.streams.epoch || key.seed !== this.streams.seed) {
      this.streams = streamsOf(this.pixelSteps, key);
    }
    const start = key.index * NUMBERS;
    return new Draws(this.streams.bySteps[position], start, start + NUMBERS);
  }

  /**
   * Writes what `pixels` gave, normalised, as float32 `[C, H, W]` into `target` from `offset` on.
   * @throws ShapeError if the image has another number of channels than `normalize`, or does not fit in
   */
  write(pixels: Image, target: Float32Array, offset: number): void {
    this.check(pixels, target.length - offset);
    writeNormalized(pixels, this.normalize.mean, this.normalize.std, target, offset);
  }

  private check({ width, height, channels, data }: Image, room: number): void {
    const count = this.normalize.mean.length;
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

/** One stream for each place of the list, so that two steps of one kind draw different numbers. */
function streamsOf(steps: readonly Transform[], { seed, epoch }: Omit<SampleKey, 'index'>) {
  return { seed, epoch, bySteps: steps.map((_, i) => new RandomStream(seed, `transform ${i}`, epoch)) };
}

/** `[C, H, W]` of an image. */
export function shapeOf(image: Image): ImageShape {
  return [image.channels, image.height, image.width];
}
