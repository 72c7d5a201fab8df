// Rotation, and affine transforms: the image rotated, shifted, scaled and sheared by random amounts.
import { type AffineParameters, warpAffine } from '../../image/affine.ts';
import type { Fill } from '../../image/region.ts';
import { aroundOne, aroundZero, fillColor, pairWithin, type Range, rangeWithin } from './fields.ts';
import { type Rule, sameShapeAs, shortForm } from './rule.ts';

/** Rotates about the center; the size stays. */
export interface Rotation {
  readonly transform: 'rotation';
  /** Clockwise. */
  readonly degrees: Range;
  /** Color of pixels from outside the image, 0 .. 255 (default: black). */
  readonly fill?: Fill;
}

/** Shears, scales and rotates about the center, then shifts; the size stays. */
export interface Affine {
  readonly transform: 'affine';
  /** Clockwise (default: 0). */
  readonly degrees?: Range;
  /** Largest shift to either side, as fractions of the width and of the height (default: 0). */
  readonly shift?: readonly [x: number, y: number];
  /** Above 1 enlarges (default: 1). */
  readonly scale?: Range;
  /** Degrees along x and along y (default: 0). */
  readonly shearX?: Range;
  readonly shearY?: Range;
  /** Color of pixels from outside the image, 0 .. 255 (default: black). */
  readonly fill?: Fill;
}

const ROTATION: Range = [-360, 360];
const SHEAR: Range = [-80, 80];
const NONE: Range = [0, 0];

export const rotationRule: Rule<Rotation> = {
  read: (fields, place) => ({
    transform: 'rotation',
    degrees: rangeWithin(fields, 'degrees', place, ROTATION),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: sameShapeAs,
  apply: ({ degrees, fill }, image, random) =>
    warpAffine(image, { angle: random.between(degrees), shift: [0, 0], scale: 1, shear: [0, 0] }, fill),
};

export const affineRule: Rule<Affine> = {
  read: (fields, place) => ({
    transform: 'affine',
    degrees: rangeWithin(fields, 'degrees', place, ROTATION, NONE),
    shift: pairWithin(fields, 'shift', place, [0, 1], NONE),
    scale: rangeWithin(fields, 'scale', place, [0.01, 100], [1, 1]),
    shearX: rangeWithin(fields, 'shearX', place, SHEAR, NONE),
    shearY: rangeWithin(fields, 'shearY', place, SHEAR, NONE),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: sameShapeAs,
  apply: ({ degrees, shift, scale, shearX, shearY, fill }, image, random) => {
    // Random numbers are drawn in this order: angle, shift x, shift y, scale, shear x, shear y.
    const angle = random.between(degrees);
    const x = Math.round(random.between([-shift[0] * image.width, shift[0] * image.width]));
    const y = Math.round(random.between([-shift[1] * image.height, shift[1] * image.height]));
    const factor = random.between(scale);
    const shear = [random.between(shearX), random.between(shearY)] as const;
    const parameters: AffineParameters = { angle, shift: [x, y], scale: factor, shear };
    return warpAffine(image, parameters, fill);
  },
  shortForm: shortForm({
    amounts: {
      rotation: { meaning: 'largest angle to either side in degrees', fallback: 10, range: [0, 180] },
      shift: { meaning: 'largest shift as a fraction of the size', fallback: 0.1, range: [0, 1] },
      scale: { meaning: 'largest relative change of size', fallback: 0.1, range: [0, 0.9] },
      shear: { meaning: 'largest angle to either side in degrees', fallback: 10, range: [0, 80] },
    },
    // One transform for all four, so that pixels are interpolated once.
    create: ({ rotation, shift = 0, scale, shear }) => [
      {
        transform: 'affine',
        degrees: aroundZero(rotation),
        shift: [shift, shift],
        scale: aroundOne(scale),
        shearX: aroundZero(shear),
      },
    ],
  }),
};
