// Crops: at the center, at random, and at random with a random size and shape (Szegedy et al. 2015, section 6).
import { roundHalfToEven } from '../../base/numbers.ts';
import { crop, type ImageSize, type Margins, pad, type Region } from '../../image/region.ts';
import { type Interpolation, interpolations, resize } from '../../image/resize.ts';
import type { RandomSequence } from '../../tensor/random-sequence.ts';
import { choice, type Range, rangeWithin, sizePair } from './fields.ts';
import { drawRectangle } from './rectangle.ts';
import { type Rule, shortForm } from './rule.ts';

type Size = readonly [height: number, width: number];

/** The center of the image; a smaller image is padded with black. */
export interface CenterCrop {
  readonly transform: 'center-crop';
  readonly size: Size;
}

/** A random part of the image of this size; put `pad` before it to reach beyond the border. */
export interface RandomCrop {
  readonly transform: 'random-crop';
  readonly size: Size;
}

/** A random part of random size and shape, resized to `size`. */
export interface RandomResizedCrop {
  readonly transform: 'random-resized-crop';
  readonly size: Size;
  /** Fraction of the image's area, uniformly distributed (default: [0.08, 1]). */
  readonly area?: Range;
  /** Width divided by height, uniformly distributed in its logarithm (default: [3/4, 4/3]). */
  readonly ratio?: Range;
  /** Default: bilinear. */
  readonly interpolation?: Interpolation;
}

export const centerCropRule: Rule<CenterCrop> = {
  read: (fields, place) => ({ transform: 'center-crop', size: sizePair(fields, 'size', place) }),
  shape: ({ size }, [channels]) => [channels, ...size],
  apply: ({ size: [height, width] }, image) => {
    const large = pad(image, missingMargins(image, height, width));
    const left = roundHalfToEven((large.width - width) / 2);
    const top = roundHalfToEven((large.height - height) / 2);
    return crop(large, { left, top, width, height });
  },
};

/** Half of the missing pixels on each side; of an odd number the larger half goes to the right and below. */
function missingMargins(image: ImageSize, height: number, width: number): Margins {
  const across = Math.max(0, width - image.width);
  const down = Math.max(0, height - image.height);
  return [Math.floor(across / 2), Math.floor(down / 2), Math.ceil(across / 2), Math.ceil(down / 2)];
}

export const randomCropRule: Rule<RandomCrop> = {
  read: (fields, place) => ({ transform: 'random-crop', size: sizePair(fields, 'size', place) }),
  shape: ({ size }, [channels]) => [channels, ...size],
  apply: ({ size: [height, width] }, image, random) => {
    const top = random.integer(Math.max(0, image.height - height) + 1);
    const left = random.integer(Math.max(0, image.width - width) + 1);
    return crop(image, { left, top, width, height });
  },
  shortForm: shortForm({
    amounts: { 'random-crop': { meaning: 'padding in pixels', fallback: 4, range: [0, 1000] } },
    create: ({ 'random-crop': padding = 0 }, { size }) => [
      { transform: 'pad', margins: Array<number>(4).fill(Math.round(padding)) },
      { transform: 'random-crop', size },
    ],
  }),
};

export const randomResizedCropRule: Rule<RandomResizedCrop> = {
  read: (fields, place) => ({
    transform: 'random-resized-crop',
    size: sizePair(fields, 'size', place),
    area: rangeWithin(fields, 'area', place, [0, 1], [0.08, 1]),
    ratio: rangeWithin(fields, 'ratio', place, [0.01, 100], [3 / 4, 4 / 3]),
    interpolation: choice(fields, 'interpolation', interpolations, place, { optional: true }),
  }),
  shape: ({ size }, [channels]) => [channels, ...size],
  region: ({ area, ratio }, size, random) => drawRegion(size, area, ratio, random),
  apply: ({ size, interpolation }, part) => resize(part, ...size, interpolation),
  shortForm: shortForm({
    amounts: {
      'random-resized-crop': {
        meaning: 'smallest fraction of the area',
        fallback: 0.08,
        range: [0.01, 1],
      },
    },
    create: ({ 'random-resized-crop': area }, { size }) => [
      { transform: 'random-resized-crop', size, area: [area, 1] },
    ],
    replaces: ['resize', 'center-crop', 'pad'],
  }),
};

function drawRegion(image: ImageSize, area: Range, ratio: Range, random: RandomSequence): Region {
  return drawRectangle(image, area, ratio, random) ?? largestInside(image, ratio);
}

/** The largest centered rectangle whose shape is in the range: for images that are much too long. */
function largestInside({ width, height }: ImageSize, [low, high]: Range): Region {
  const part =
    width / height < low
      ? { width, height: Math.min(height, roundHalfToEven(width / low)) }
      : { width: Math.min(width, roundHalfToEven(height * high)), height };
  return {
    left: Math.floor((width - part.width) / 2),
    top: Math.floor((height - part.height) / 2),
    ...part,
  };
}
