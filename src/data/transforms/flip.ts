// Flips: the image mirrored, or turned upside down, with a probability.

import type { Image } from '../../image/image.ts';
import { flipHorizontally } from '../../image/kernels.ts';
import { flipVertically } from '../../image/region.ts';
import { type Fields, numberWithin } from './fields.ts';
import { type Rule, sameShapeAs } from './rule.ts';

interface Flip<Name extends string> {
  readonly transform: Name;
  /** 0.5 unless given. */
  readonly probability?: number;
}

export type HorizontalFlip = Flip<'horizontal-flip'>;
export type VerticalFlip = Flip<'vertical-flip'>;

export const horizontalFlipRule = flipRule('horizontal-flip', flipHorizontally);
export const verticalFlipRule = flipRule('vertical-flip', flipVertically);

function flipRule<Name extends string>(transform: Name, flip: (image: Image) => Image): Rule<Flip<Name>> {
  return {
    read: (fields: Fields, place) => ({
      transform,
      probability: numberWithin(fields, 'probability', place, [0, 1], 0.5),
    }),
    shape: sameShapeAs,
    apply: ({ probability }, image, draws) => (draws.chance(probability) ? flip(image) : image),
  };
}
