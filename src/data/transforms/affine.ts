// Rotation, and the affine transforms: the image turned, shifted, scaled and sheared by random amounts.
import { move } from '../../image/affine.ts';
import type { Fill } from '../../image/region.ts';
import { fillColor, pairWithin, type Range, rangeWithin } from './fields.ts';
import { type Rule, sameShapeAs } from './rule.ts';

/** Turned about its centre, in its own size. */
export interface Rotation {
  readonly transform: 'rotation';
  /** Clockwise. */
  readonly degrees: Range;
  /** Colour of what comes from outside, 0 .. 255; black unless given. */
  readonly fill?: Fill;
}

/** Sheared, scaled and turned about its centre, then shifted, in its own size. */
export interface Affine {
  readonly transform: 'affine';
  /** Clockwise; none unless given. */
  readonly degrees?: Range;
  /** Largest shift to either side, as shares of the width and of the height; none unless given. */
  readonly shift?: readonly [x: number, y: number];
  /** Above 1 enlarges; [1, 1] unless given. */
  readonly scale?: Range;
  /** Degrees along x and along y; none unless given. */
  readonly shearX?: Range;
  readonly shearY?: Range;
  /** Colour of what comes from outside, 0 .. 255; black unless given. */
  readonly fill?: Fill;
}

const TURN: Range = [-360, 360];
const SHEAR: Range = [-80, 80];
const NONE: Range = [0, 0];

export const rotationRule: Rule<Rotation> = {
  read: (fields, place) => ({
    transform: 'rotation',
    degrees: rangeWithin(fields, 'degrees', place, TURN),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: sameShapeAs,
  apply: ({ degrees, fill }, image, draws) =>
    move(image, { angle: draws.between(degrees), shift: [0, 0], scale: 1, shear: [0, 0] }, fill),
};

export const affineRule: Rule<Affine> = {
  read: (fields, place) => ({
    transform: 'affine',
    degrees: rangeWithin(fields, 'degrees', place, TURN, NONE),
    shift: pairWithin(fields, 'shift', place, [0, 1], NONE),
    scale: rangeWithin(fields, 'scale', place, [0.01, 100], [1, 1]),
    shearX: rangeWithin(fields, 'shearX', place, SHEAR, NONE),
    shearY: rangeWithin(fields, 'shearY', place, SHEAR, NONE),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: sameShapeAs,
  apply: ({ degrees, shift, scale, shearX, shearY, fill }, image, draws) => {
    const angle = draws.between(degrees);
    const x = Math.round(draws.between([-shift[0] * image.width, shift[0] * image.width]));
    const y = Math.round(draws.between([-shift[1] * image.height, shift[1] * image.height]));
    const factor = draws.between(scale);
    const shear = [draws.between(shearX), draws.between(shearY)] as const;
    return move(image, { angle, shift: [x, y], scale: factor, shear }, fill);
  },
};
