// Which values of images of more than 8 bits become black and white.
import type { ValueRange } from '../../image/value-range.ts';
import { pairWithin } from './fields.ts';
import { type Rule, sameShapeAs } from './rule.ts';

/**
 * Scales values from [black, white] to 0 .. 255. Whoever decodes a file has to do it (see `valueRangeOf`): its pixels have 8
 * bits afterwards. Images of 8 bits stay as they are.
 */
export interface ScaledValues {
  readonly transform: 'value-range';
  readonly range: ValueRange;
}

export const valueRangeRule: Rule<ScaledValues> = {
  read: (fields, place) => ({
    transform: 'value-range',
    range: pairWithin(fields, 'range', place, [-Number.MAX_VALUE, Number.MAX_VALUE]),
  }),
  shape: sameShapeAs,
  apply: (_, image) => image,
};
