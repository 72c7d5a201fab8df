// What every transform declares.
import type { Image } from '../../image/image.ts';
import type { ImageSize, Region } from '../../image/region.ts';
import type { Draws } from '../../tensor/random-sequence.ts';
import type { Fields } from './fields.ts';

/** Shape of one image for a network: `[C, H, W]`. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** `T` with the values that were left out. */
export type Complete<T> = Required<T>;

export interface Rule<T> {
  /** The transform from JSON that may come from anywhere; throws a DataError that starts with `place`. */
  read(fields: Fields, place: string): Complete<T>;
  /** Shape of the output for an input of this shape. */
  shape(transform: Complete<T>, input: ImageShape): ImageShape;
  /** The part of an image of this size that `apply` is given, where that is less than the whole; all draws are made here. */
  region?(transform: Complete<T>, size: ImageSize, draws: Draws): Region;
  /** The pixels of the output, a function of the image and what is drawn; the image itself stays as it is. */
  apply(transform: Complete<T>, image: Image, draws: Draws): Image;
}

/** The shape rule of transforms that leave it as it is. */
export function sameShapeAs(_: unknown, input: ImageShape): ImageShape {
  return input;
}
