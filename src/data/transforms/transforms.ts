// What is done to an image before a network sees it, as plain data: a list that travels with the weights.

import { DataError, unknownName } from '../../base/errors.ts';
import type { Image } from '../../image/image.ts';
import { type ImageSize, partOf, type Region } from '../../image/region.ts';
import type { ValueRange } from '../../image/value-range.ts';
import type { Draws } from '../../tensor/random-sequence.ts';
import { type Affine, affineRule, type Rotation, rotationRule } from './affine.ts';
import {
  type Channels,
  type ColorJitter,
  channelsRule,
  colorJitterRule,
  type Grayscale,
  grayscaleRule,
} from './color.ts';
import {
  type CenterCrop,
  centerCropRule,
  type RandomCrop,
  type RandomResizedCrop,
  randomCropRule,
  randomResizedCropRule,
} from './crop.ts';
import { type Erasing, erasingRule } from './erasing.ts';
import { fieldsOf } from './fields.ts';
import { type HorizontalFlip, horizontalFlipRule, type VerticalFlip, verticalFlipRule } from './flip.ts';
import { type Normalize, normalizeRule } from './normalize.ts';
import { type Pad, padRule } from './pad.ts';
import { type Resize, resizeRule } from './resize.ts';
import type { Complete, ImageShape, Rule } from './rule.ts';
import { type ScaledValues, valueRangeRule } from './value-range.ts';

export type { Normalize } from './normalize.ts';
export type { ImageShape } from './rule.ts';

/** Transforms that do the same to every image. */
export type FixedTransform = ScaledValues | Resize | CenterCrop | Pad | Channels | Normalize;
/** Transforms that draw random numbers: for training images only. */
export type RandomTransform =
  | RandomCrop
  | RandomResizedCrop
  | HorizontalFlip
  | VerticalFlip
  | Rotation
  | Affine
  | ColorJitter
  | Grayscale
  | Erasing;
export type Transform = FixedTransform | RandomTransform;
export type TransformName = Transform['transform'];

/** Transforms in order; the last one, and only the last one, is `normalize`. Plain JSON. */
export type TransformList = readonly Transform[];
/** What is done to every image, in training and after it. */
export type Preprocessing = readonly FixedTransform[];

type Rules<T extends Transform> = {
  readonly [Name in T['transform']]: Rule<Extract<T, { transform: Name }>>;
};

const FIXED: Rules<FixedTransform> = {
  'value-range': valueRangeRule,
  resize: resizeRule,
  'center-crop': centerCropRule,
  pad: padRule,
  channels: channelsRule,
  normalize: normalizeRule,
};

const RANDOM: Rules<RandomTransform> = {
  'random-crop': randomCropRule,
  'random-resized-crop': randomResizedCropRule,
  'horizontal-flip': horizontalFlipRule,
  'vertical-flip': verticalFlipRule,
  rotation: rotationRule,
  affine: affineRule,
  'color-jitter': colorJitterRule,
  grayscale: grayscaleRule,
  erasing: erasingRule,
};

const TRANSFORMS: Rules<Transform> = { ...FIXED, ...RANDOM };

function ruleOf(transform: Transform): Rule<Transform> {
  return TRANSFORMS[transform.transform] as Rule<Transform>;
}

/** Pixels after a transform that `readTransforms` gave; a function of the image and what is drawn. */
export function applyTransform(transform: Transform, image: Image, draws: Draws): Image {
  const part = partOf(image, (size) => regionOfTransform(transform, size, draws));
  return applyToPart(transform, part, draws);
}

/** `applyTransform` for what `regionOfTransform` leaves of an image. */
export function applyToPart(transform: Transform, part: Image, draws: Draws): Image {
  return ruleOf(transform).apply(transform as Complete<Transform>, part, draws);
}

/** The only part of an image of this size that the transform looks at, drawing as `applyTransform`, where there is one. */
export function regionOfTransform(transform: Transform, size: ImageSize, draws: Draws): Region | undefined {
  return ruleOf(transform).region?.(transform as Complete<Transform>, size, draws);
}

/** The shape `[C, H, W]` that an image of shape `input` has after the list. */
export function outputShape(transforms: TransformList, input: ImageShape): ImageShape {
  return transforms.reduce<ImageShape>(
    (shape, step) => ruleOf(step).shape(step as Complete<Transform>, shape),
    input,
  );
}

/** The value range that image files are decoded with before this preprocessing; none by default. */
export function valueRangeOf(preprocessing: Preprocessing): ValueRange | undefined {
  return preprocessing.find((step) => step.transform === 'value-range')?.range;
}

/** Whether a transform draws random numbers. */
export function isRandom(transform: Transform): transform is RandomTransform {
  return Object.hasOwn(RANDOM, transform.transform);
}

/**
 * The usual list: resize to `height` x `width`, grey or RGB, (x - 127.5) / 127.5, which is -1 .. 1.
 * Channels come first when the result is grey: luma of the original pixels, and less to resize.
 */
export function defaultPreprocessing(input: {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}): Preprocessing {
  const { channels, height, width } = input;
  const halves = Array<number>(channels).fill(127.5);
  const resize: Resize = { transform: 'resize', size: [height, width], interpolation: 'bilinear' };
  const convert: Channels = { transform: 'channels', channels };
  const pixels = channels === 1 ? [convert, resize] : [resize, convert];
  return [...pixels, { transform: 'normalize', mean: halves, std: halves }];
}

/**
 * Reads a list of transforms from JSON that may come from anywhere, such as a checkpoint's metadata, and fills in
 * what its entries leave out.
 * @param what what messages call the list
 * @throws DataError that says which entry is wrong, what it is and what was expected
 */
export function readTransforms(json: unknown, what: string): TransformList {
  if (!Array.isArray(json) || json.length === 0) {
    throw new DataError(`${what} is ${JSON.stringify(json)}; expected a list of transforms.`);
  }
  const steps = json.map((entry, position) => readTransform(entry, `${what}[${position}]`));
  const misplaced = steps.findIndex(
    (step, i) => (step.transform === 'normalize') !== (i === steps.length - 1),
  );
  if (misplaced === -1) return steps;
  throw new DataError(
    `${what}[${misplaced}] is "${steps[misplaced].transform}"; a list ends with its only "normalize".`,
  );
}

/**
 * Reads a list without random transforms.
 * @throws DataError as `readTransforms`, and for a random transform
 */
export function readPreprocessing(json: unknown): Preprocessing {
  const steps = readTransforms(json, 'preprocessing');
  const random = steps.findIndex(isRandom);
  if (random === -1) return steps as Preprocessing;
  throw new DataError(
    `preprocessing[${random}] is "${steps[random].transform}", which is random; what every image goes through is not: ` +
      'put it into the augmentation.',
  );
}

function readTransform(json: unknown, place: string): Transform {
  const fields = fieldsOf(json, place);
  const name = fields.transform;
  if (typeof name !== 'string' || !Object.hasOwn(TRANSFORMS, name)) {
    throw new DataError(
      `${place}: ${unknownName('transform', String(name), Object.keys(TRANSFORMS)).message}`,
    );
  }
  return TRANSFORMS[name as TransformName].read(fields, `${place} (${name})`);
}
