// Random erasing: a random rectangle painted over (Zhong et al. 2020).
import { erase, type Fill } from '../../image/region.ts';
import { fillColor, numberWithin, type Range, rangeWithin } from './fields.ts';
import { drawRectangle } from './rectangle.ts';
import { type Rule, sameShapeAs } from './rule.ts';

export interface Erasing {
  readonly transform: 'erasing';
  /** 0.5 unless given. */
  readonly probability?: number;
  /** Share of the image's area; [0.02, 0.33] unless given. */
  readonly area?: Range;
  /** Width divided by height; [0.3, 3.3] unless given. */
  readonly ratio?: Range;
  /** Colour of the rectangle, 0 .. 255; black unless given. */
  readonly fill?: Fill;
}

export const erasingRule: Rule<Erasing> = {
  read: (fields, place) => ({
    transform: 'erasing',
    probability: numberWithin(fields, 'probability', place, [0, 1], 0.5),
    area: rangeWithin(fields, 'area', place, [0, 1], [0.02, 0.33]),
    ratio: rangeWithin(fields, 'ratio', place, [0.01, 100], [0.3, 3.3]),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: sameShapeAs,
  apply: ({ probability, area, ratio, fill }, image, draws) => {
    if (!draws.chance(probability)) return image;
    const region = drawRectangle(image, area, ratio, draws);
    return region === undefined ? image : erase(image, region, fill);
  },
};
