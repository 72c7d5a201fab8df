// Preprocessing of images as plain data: a list that travels with the weights.

import { DataError, unknownName } from '../../base/errors.ts';
import { readObject } from '../../base/json.ts';
import type { Image } from '../../image/image.ts';
import { cropTo, type ImageSize, type Region } from '../../image/region.ts';
import type { ValueRange } from '../../image/value-range.ts';
import type { RandomSequence } from '../../tensor/random-sequence.ts';
import { affineRule, rotationRule } from './affine.ts';
import { type Channels, channelsRule, colorJitterRule, grayscaleRule } from './color.ts';
import { centerCropRule, randomCropRule, randomResizedCropRule } from './crop.ts';
import { erasingRule } from './erasing.ts';
import { horizontalFlipRule, verticalFlipRule } from './flip.ts';
import { gaussianBlurRule } from './gaussian-blur.ts';
import { normalizeRule } from './normalize.ts';
import { padRule } from './pad.ts';
import { type Resize, resizeRule } from './resize.ts';
import type { Complete, ImageShape, Rule } from './rule.ts';
import { valueRangeRule } from './value-range.ts';

/** Transforms that are the same for every image. */
const fixedTransforms = rules({
  'value-range': valueRangeRule,
  resize: resizeRule,
  'center-crop': centerCropRule,
  pad: padRule,
  channels: channelsRule,
  normalize: normalizeRule,
});

/** Transforms that draw random numbers, for training images only; in the order in which augmentations apply them. */
export const randomTransforms = rules({
  'random-resized-crop': randomResizedCropRule,
  'random-crop': randomCropRule,
  'horizontal-flip': horizontalFlipRule,
  'vertical-flip': verticalFlipRule,
  rotation: rotationRule,
  affine: affineRule,
  'color-jitter': colorJitterRule,
  grayscale: grayscaleRule,
  'gaussian-blur': gaussianBlurRule,
  erasing: erasingRule,
});

/** A table of rules; a row whose name is not its transform's does not compile. */
function rules<Table extends { [Name in keyof Table]: Rule<{ readonly transform: Name }> }>(
  table: Table,
): Table {
  return table;
}

type TransformsOf<Table> = {
  [Name in keyof Table]: Table[Name] extends Rule<infer T> ? T : never;
}[keyof Table];

export type FixedTransform = TransformsOf<typeof fixedTransforms>;
export type RandomTransform = TransformsOf<typeof randomTransforms>;

/**
 * One step from an image to the input of a network, as plain JSON: `{ transform: 'resize', size: [224, 224] }`. Fixed
 * transforms, such as `resize` and `normalize`, are the same for every image; random ones, such as `horizontal-flip`, are
 * for training. Pixels are those of Pillow and torchvision.
 */
export type Transform = FixedTransform | RandomTransform;

/** Transforms in order; the last one, and only the last one, is `normalize`. Plain JSON. */
export type TransformList = readonly Transform[];
/** The transforms of every image, in training and after it: fixed ones only. Plain JSON, part of a checkpoint. */
export type Preprocessing = readonly FixedTransform[];

const transforms = { ...fixedTransforms, ...randomTransforms };

function ruleFor(name: string): Rule<Transform> {
  return transforms[name as keyof typeof transforms] as Rule<Transform>;
}

/** Applies a transform that `readTransforms` returned: a function of the image and the random numbers. */
export function applyTransform(transform: Transform, image: Image, random: RandomSequence): Image {
  const part = cropTo(image, (size) => regionOfTransform(transform, size, random));
  return applyToPart(transform, part, random);
}

/** `applyTransform` for the region of an image that `regionOfTransform` chose. */
export function applyToPart(transform: Transform, part: Image, random: RandomSequence): Image {
  return ruleFor(transform.transform).apply(transform as Complete<Transform>, part, random);
}

/** The only part of an image of this size that the transform needs, if there is one; draws what `applyTransform` draws. */
export function regionOfTransform(
  transform: Transform,
  size: ImageSize,
  random: RandomSequence,
): Region | undefined {
  return ruleFor(transform.transform).region?.(transform as Complete<Transform>, size, random);
}

/** The shape `[C, H, W]` of an image of shape `input` after the list. */
export function outputShape(list: TransformList, input: ImageShape): ImageShape {
  return list.reduce<ImageShape>(
    (shape, step) => ruleFor(step.transform).shape(step as Complete<Transform>, shape),
    input,
  );
}

/** The value range that image files are decoded with before this preprocessing; undefined by default. */
export function valueRangeOf(preprocessing: Preprocessing): ValueRange | undefined {
  return preprocessing.find((step) => step.transform === 'value-range')?.range;
}

/** Whether a transform draws random numbers. */
export function isRandom(transform: Transform): transform is RandomTransform {
  return Object.hasOwn(randomTransforms, transform.transform);
}

/**
 * The default preprocessing: resize to `height` x `width` (bilinear), convert to grayscale or RGB, and normalize to
 * (x - 127.5) / 127.5, which is -1 .. 1. For grayscale, channels are converted first: luma of the original pixels.
 *
 *     defaultPreprocessing({ channels: 3, height: 224, width: 224 });
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
 * Reads a list of transforms from JSON of any origin, such as the metadata of a checkpoint, and fills in defaults.
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
    `${what}[${misplaced}] is "${steps[misplaced].transform}"; expected exactly one "normalize", at the end of the list.`,
  );
}

/**
 * Reads a list of fixed transforms.
 * @throws DataError as `readTransforms`, and for a random transform
 */
export function readPreprocessing(json: unknown): Preprocessing {
  const steps = readTransforms(json, 'preprocessing');
  const random = steps.findIndex(isRandom);
  if (random === -1) return steps as Preprocessing;
  throw new DataError(
    `preprocessing[${random}] is "${steps[random].transform}", which is random; put random transforms into the augmentation.`,
  );
}

function readTransform(json: unknown, place: string): Transform {
  const fields = readObject(json, place);
  const name = fields.transform;
  if (typeof name !== 'string' || !Object.hasOwn(transforms, name)) {
    throw new DataError(
      `${place}: ${unknownName('transform', String(name), Object.keys(transforms)).message}`,
    );
  }
  return ruleFor(name).read(fields, `${place} (${name})`);
}
