// Flips: the image mirrored left to right, or top to bottom, with a probability.
import type { Fields } from '../../base/json.ts';
import type { Image } from '../../image/image.ts';
import { flipHorizontally } from '../../image/kernels.ts';
import { flipVertically } from '../../image/region.ts';
import { numberWithin } from './fields.ts';
import { probabilityForm, type Rule, sameShapeAs } from './rule.ts';

export interface Flip<Name extends string> {
  readonly transform: Name;
  /** Default: 0.5. */
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
    apply: ({ probability }, image, random) => (random.chance(probability) ? flip(image) : image),
    shortForm: probabilityForm(transform, 0.5),
  };
}
