// What is done to an image before a network sees it, as plain data: a list that travels with the weights.
import { withChannels } from '../image/channels.ts';
import type { Image } from '../image/image.ts';
import { resize } from '../image/resize.ts';
import { DataError, unknownName } from '../tensor/errors.ts';
import { channelValues, choice, fieldsOf, sizePair } from './json.ts';

/** Resize to `[height, width]`, bilinear, with Pillow's pixels. */
export interface Resize {
  readonly transform: 'resize';
  readonly size: readonly [height: number, width: number];
}

/** Grey to RGB by repetition, or RGB to grey by ITU-R 601 luma. */
export interface Channels {
  readonly transform: 'channels';
  readonly channels: 1 | 3;
}

/** (pixel - mean) / std for each channel; pixels, mean and std in units of 0 .. 255. The last step of every list. */
export interface Normalize {
  readonly transform: 'normalize';
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export type Transform = Resize | Channels | Normalize;
export type TransformName = Transform['transform'];

/** The transforms in order; the last one, and only the last one, is `normalize`. Plain JSON. */
export type Preprocessing = readonly Transform[];

/** What random transforms draw their numbers from: same key, same pixels. */
export interface SampleKey {
  readonly seed: number;
  readonly epoch: number;
  readonly index: number;
}

/** Shape of one image for a network: `[C, H, W]`. */
export type ImageShape = readonly [channels: number, height: number, width: number];

type TransformOf<Name extends TransformName> = Extract<Transform, { transform: Name }>;

interface Rule<T extends Transform> {
  /** The transform from untrusted JSON; throws a DataError that starts with `place`. */
  read(fields: Readonly<Record<string, unknown>>, place: string): T;
  /** Shape of the output for an input of this shape. */
  shape(transform: T, input: ImageShape): ImageShape;
  /** The pixels of the output. `normalize` leaves them: its numbers are written by the Preprocessor. */
  apply(transform: T, image: Image, key: SampleKey): Image;
}

/** Every transform: how it is read, what shape it gives and what it does. */
const TRANSFORMS: { readonly [Name in TransformName]: Rule<TransformOf<Name>> } = {
  resize: {
    read: (fields, place) => ({ transform: 'resize', size: sizePair(fields, 'size', place) }),
    shape: ({ size }, [channels]) => [channels, ...size],
    apply: ({ size }, image) => resize(image, ...size),
  },
  channels: {
    read: (fields, place) => ({ transform: 'channels', channels: choice(fields, 'channels', [1, 3], place) }),
    shape: ({ channels }, [, height, width]) => [channels, height, width],
    apply: ({ channels }, image) => withChannels(image, channels),
  },
  normalize: {
    read: readNormalize,
    shape: (_, input) => input,
    apply: (_, image) => image,
  },
};

export const transformNames = Object.keys(TRANSFORMS) as TransformName[];

function ruleOf<T extends Transform>(transform: T): Rule<T> {
  return TRANSFORMS[transform.transform] as unknown as Rule<T>;
}

function readNormalize(fields: Readonly<Record<string, unknown>>, place: string): Normalize {
  const mean = channelValues(fields, 'mean', place);
  const std = channelValues(fields, 'std', place);
  if (mean.length !== std.length || std.some((value) => value <= 0)) {
    throw new DataError(
      `${place}: mean [${mean.join(', ')}] and std [${std.join(', ')}] must have one value for each channel, ` +
        'those of std above 0.',
    );
  }
  return { transform: 'normalize', mean, std };
}

/** Pixels after the transform; a function of the image and the key. */
export function applyTransform(transform: Transform, image: Image, key: SampleKey): Image {
  return ruleOf(transform).apply(transform, image, key);
}

/** The shape `[C, H, W]` that an image of shape `input` has after the list. */
export function outputShape(preprocessing: Preprocessing, input: ImageShape): ImageShape {
  return preprocessing.reduce<ImageShape>((shape, step) => ruleOf(step).shape(step, shape), input);
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
  const resize: Resize = { transform: 'resize', size: [height, width] };
  const convert: Channels = { transform: 'channels', channels };
  const pixels = channels === 1 ? [convert, resize] : [resize, convert];
  return [...pixels, { transform: 'normalize', mean: halves, std: halves }];
}

/**
 * Reads a list of transforms from JSON that may come from anywhere, such as a checkpoint's metadata.
 * @throws DataError that says which entry is wrong, what it is and what was expected
 */
export function readPreprocessing(json: unknown): Preprocessing {
  if (!Array.isArray(json) || json.length === 0) {
    throw new DataError(`preprocessing is ${JSON.stringify(json)}; expected a list of transforms.`);
  }
  const steps = json.map((entry, position) => readTransform(entry, `preprocessing[${position}]`));
  const misplaced = steps.findIndex(
    (step, i) => (step.transform === 'normalize') !== (i === steps.length - 1),
  );
  if (misplaced === -1) return steps;
  throw new DataError(
    `preprocessing[${misplaced}] is "${steps[misplaced]!.transform}"; a list ends with its only "normalize".`,
  );
}

function readTransform(json: unknown, place: string): Transform {
  const fields = fieldsOf(json, place);
  const name = fields.transform;
  if (typeof name !== 'string' || !Object.hasOwn(TRANSFORMS, name)) {
    throw new DataError(`${place}: ${unknownName('transform', String(name), transformNames).message}`);
  }
  return TRANSFORMS[name as TransformName].read(fields, `${place} (${name})`);
}
