// Applies a list of transforms and writes the numbers that a network takes.
import { ShapeError } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import type { Image } from '../../image/image.ts';
import { writeNormalized } from '../../image/kernels.ts';
import { cropTo, type ImageSize, type Region } from '../../image/region.ts';
import { RandomStream } from '../../tensor/random.ts';
import { RandomSequence } from '../../tensor/random-sequence.ts';
import type { Normalize } from './normalize.ts';
import type { ImageShape } from './rule.ts';
import {
  applyToPart,
  applyTransform,
  readTransforms,
  regionOfTransform,
  type Transform,
  type TransformList,
} from './transforms.ts';

/** The key of the random numbers of one image: the same key gives the same pixels. */
export interface SampleKey {
  readonly seed: number;
  readonly epoch: number;
  /** Of the image in its data set. */
  readonly index: number;
}

const FIXED_KEY: SampleKey = { seed: 0, epoch: 0, index: 0 };
/** Random numbers reserved for one transform of one image. */
const NUMBERS = 64;

/** Applies a list of transforms, and writes the numbers that a network takes. */
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
      cropTo(image, (size) => this.region(size, key)),
      key,
    );
  }

  /** `pixels` for the part of an image that `region` chose. */
  pixelsOfPart(part: Image, key: SampleKey): Image {
    let result = part;
    for (const [position, step] of this.pixelSteps.entries()) {
      const apply = position === 0 ? applyToPart : applyTransform;
      result = apply(step, result, this.randomFor(position, key));
    }
    return result;
  }

  /** The only part of an image of this size that `pixels` needs; undefined if that may be all of it. */
  region(size: ImageSize, key: SampleKey = FIXED_KEY): Region | undefined {
    const [first] = this.pixelSteps;
    return first && regionOfTransform(first, size, this.randomFor(0, key));
  }

  private randomFor(position: number, key: SampleKey): RandomSequence {
    if (key.epoch !== this.streams.epoch || key.seed !== this.streams.seed) {
      this.streams = streamsOf(this.pixelSteps, key);
    }
    const start = key.index * NUMBERS;
    return new RandomSequence(this.streams.bySteps[position], start, start + NUMBERS);
  }

  /**
   * Writes the result of `pixels`, normalized, as float32 `[C, H, W]` into `target` from `offset` on.
   * @throws ShapeError if the image and `normalize` differ in channels, or the target is too small
   */
  write(pixels: Image, target: Float32Array, offset: number): void {
    this.check(pixels, target.length - offset);
    writeNormalized(pixels, this.normalize.mean, this.normalize.std, target, offset);
  }

  private check({ width, height, channels, data }: Image, room: number): void {
    const count = this.normalize.mean.length;
    if (channels !== count) {
      throw new ShapeError(
        `normalize has ${formatCount(count, 'mean value')}, but the image has ${formatCount(channels, 'channel')}; ` +
          `put { transform: 'channels', channels: ${count} } before it.`,
      );
    }
    const expected = width * height * channels;
    if (data.length !== expected) {
      throw new ShapeError(
        `an image of ${width} x ${height} pixels with ${formatCount(channels, 'channel')} must have ${expected} ` +
          `values, got ${data.length}.`,
      );
    }
    if (expected > room) {
      throw new ShapeError(
        `an image of ${expected} values does not fit into a target with room for ${room}.`,
      );
    }
  }

  /** Applies the whole list, writes float32 `[C, H, W]` into `target` from `offset` on, and returns the shape. */
  apply(image: Image, target: Float32Array, offset = 0, key: SampleKey = FIXED_KEY): ImageShape {
    const pixels = this.pixels(image, key);
    this.write(pixels, target, offset);
    return shapeOf(pixels);
  }
}

/** One stream for each position in the list, so that equal transforms draw different numbers. */
function streamsOf(steps: readonly Transform[], { seed, epoch }: Omit<SampleKey, 'index'>) {
  return { seed, epoch, bySteps: steps.map((_, i) => new RandomStream(seed, `transform ${i}`, epoch)) };
}

/** `[C, H, W]` of an image. */
export function shapeOf(image: Image): ImageShape {
  return [image.channels, image.height, image.width];
}
