// Random erasing: a random rectangle is painted over (Zhong et al. 2020).
import { erase, type Fill } from '../../image/region.ts';
import { fillColor, numberWithin, type Range, rangeWithin } from './fields.ts';
import { drawRectangle } from './rectangle.ts';
import { type Rule, sameShapeAs, shortForm } from './rule.ts';

export interface Erasing {
  readonly transform: 'erasing';
  /** Default: 0.5. */
  readonly probability?: number;
  /** Fraction of the image's area (default: [0.02, 0.33]). */
  readonly area?: Range;
  /** Width divided by height (default: [0.3, 3.3]). */
  readonly ratio?: Range;
  /** Color of the rectangle, 0 .. 255 (default: black). */
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
  apply: ({ probability, area, ratio, fill }, image, random) => {
    if (!random.chance(probability)) return image;
    const region = drawRectangle(image, area, ratio, random);
    return region === undefined ? image : erase(image, region, fill);
  },
  shortForm: shortForm({
    amounts: { erasing: { meaning: 'probability', fallback: 0.5, range: [0, 1] } },
    create: ({ erasing }, { neutral }) => [{ transform: 'erasing', probability: erasing, fill: neutral }],
  }),
};
