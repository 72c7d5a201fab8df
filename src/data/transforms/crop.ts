// Crops: from the centre, at random, and at random in size and shape too (Szegedy et al. 2015, section 6).
import { crop, type ImageSize, type Margins, pad, type Region } from '../../image/region.ts';
import { type Interpolation, interpolations, resize } from '../../image/resize.ts';
import type { Draws } from '../../tensor/random-sequence.ts';
import { choice, type Range, rangeWithin, sizePair } from './fields.ts';
import { drawRectangle } from './rectangle.ts';
import type { Rule } from './rule.ts';

type Size = readonly [height: number, width: number];

/** The middle of the image; black is added around one that is smaller. */
export interface CenterCrop {
  readonly transform: 'center-crop';
  readonly size: Size;
}

/** A place of the image; put `pad` before it to let it reach beyond the border. */
export interface RandomCrop {
  readonly transform: 'random-crop';
  readonly size: Size;
}

/** A place of random size and shape, resized to `size`. */
export interface RandomResizedCrop {
  readonly transform: 'random-resized-crop';
  readonly size: Size;
  /** Share of the image's area, drawn evenly; [0.08, 1] unless given. */
  readonly area?: Range;
  /** Width divided by height, drawn evenly in its logarithm; [3/4, 4/3] unless given. */
  readonly ratio?: Range;
  /** Bilinear unless given. */
  readonly interpolation?: Interpolation;
}

export const centerCropRule: Rule<CenterCrop> = {
  read: (fields, place) => ({ transform: 'center-crop', size: sizePair(fields, 'size', place) }),
  shape: ({ size }, [channels]) => [channels, ...size],
  apply: ({ size: [height, width] }, image) => {
    const large = pad(image, missing(image.width, width, image.height, height));
    const left = roundHalfToEven((large.width - width) / 2);
    const top = roundHalfToEven((large.height - height) / 2);
    return crop(large, { left, top, width, height });
  },
};

/** Half of what is missing on each side; of an odd number the larger half goes to the right and below. */
function missing(width: number, wantedWidth: number, height: number, wantedHeight: number): Margins {
  const across = Math.max(0, wantedWidth - width);
  const down = Math.max(0, wantedHeight - height);
  return [Math.floor(across / 2), Math.floor(down / 2), Math.ceil(across / 2), Math.ceil(down / 2)];
}

/** Python's rounding, so that a crop is torchvision's. */
function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}

export const randomCropRule: Rule<RandomCrop> = {
  read: (fields, place) => ({ transform: 'random-crop', size: sizePair(fields, 'size', place) }),
  shape: ({ size }, [channels]) => [channels, ...size],
  apply: ({ size: [height, width] }, image, draws) => {
    const top = draws.integer(Math.max(0, image.height - height) + 1);
    const left = draws.integer(Math.max(0, image.width - width) + 1);
    return crop(image, { left, top, width, height });
  },
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
  region: ({ area, ratio }, size, draws) => drawRegion(size, area, ratio, draws),
  apply: ({ size, interpolation }, part) => resize(part, ...size, interpolation),
};

function drawRegion(image: ImageSize, area: Range, ratio: Range, draws: Draws): Region {
  return drawRectangle(image, area, ratio, draws) ?? largestInside(image, ratio);
}

/** The largest rectangle about the centre whose shape is in the range: for images that are much too long. */
function largestInside({ width, height }: ImageSize, [low, high]: Range): Region {
  const cut =
    width / height < low
      ? { width, height: Math.min(height, roundHalfToEven(width / low)) }
      : { width: Math.min(width, roundHalfToEven(height * high)), height };
  return {
    left: Math.floor((width - cut.width) / 2),
    top: Math.floor((height - cut.height) / 2),
    ...cut,
  };
}
