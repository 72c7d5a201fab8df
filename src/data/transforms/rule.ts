// What every transform declares: how it is read from JSON, the shape of its result, its pixels, its short form.
import type { Fields } from '../../base/json.ts';
import type { Image } from '../../image/image.ts';
import type { Fill, ImageSize, Region } from '../../image/region.ts';
import type { RandomSequence } from '../../tensor/random-sequence.ts';
import type { Range } from './fields.ts';

/** Shape of one image for a network: `[C, H, W]`. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** `T` with every optional field filled in. */
export type Complete<T> = Required<T>;

export interface Rule<T> {
  /** The transform from JSON of any origin; throws a DataError that starts with `place`. */
  read(fields: Fields, place: string): Complete<T>;
  /** Shape of the output for an input of this shape. */
  shape(transform: Complete<T>, input: ImageShape): ImageShape;
  /** The part of an image of this size that `apply` needs, if that is less than the whole; draws all random numbers. */
  region?(transform: Complete<T>, size: ImageSize, random: RandomSequence): Region;
  /** The output as a function of the image and the random numbers; the input is not modified. */
  apply(transform: Complete<T>, image: Image, random: RandomSequence): Image;
  /** How `--augment` writes it; random transforms only. */
  readonly shortForm?: ShortForm;
}

/** One name of a short form, such as `rotation=10`. */
export interface Amount {
  /** What the number after the name means. */
  readonly meaning: string;
  /** The number if none is given. */
  readonly fallback: number;
  readonly range: Range;
}

/** What an augmentation is made for. */
export interface AugmentationTarget {
  /** Input size of the network. */
  readonly size: readonly [height: number, width: number];
  /** The color that becomes about 0 when normalized. */
  readonly neutral: Fill;
}

/** A transform as plain JSON, before it is read. */
export interface TransformJson {
  readonly transform: string;
  readonly [field: string]: unknown;
}

/** How a comma-separated list writes a random transform: one or more names, each with an amount. */
export interface ShortForm<Name extends string = string> {
  readonly amounts: Readonly<Record<Name, Amount>>;
  /** The transforms for the amounts that were given, at least one of them. */
  create(
    amounts: Readonly<Partial<Record<Name, number>>>,
    target: AugmentationTarget,
  ): readonly TransformJson[];
  /** Transforms of the preprocessing that it replaces; it then comes first instead of last. */
  readonly replaces?: readonly string[];
}

/** A short form whose names are checked. */
export function shortForm<Name extends string>(form: ShortForm<Name>): ShortForm {
  return form;
}

/** The short form of a transform whose only amount is its probability. */
export function probabilityForm(transform: string, fallback: number): ShortForm {
  return {
    amounts: { [transform]: { meaning: 'probability', fallback, range: [0, 1] } },
    create: ({ [transform]: probability }) => [{ transform, probability }],
  };
}

/** The shape rule of transforms that keep the shape. */
export function sameShapeAs(_: unknown, input: ImageShape): ImageShape {
  return input;
}
