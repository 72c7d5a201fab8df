// Pad: a border around the image.
import { type Border, borders, type Fill, type Margins, pad } from '../../image/region.ts';
import { choice, fillColor, fourMargins } from './fields.ts';
import type { Rule } from './rule.ts';

export interface Pad {
  readonly transform: 'pad';
  /** Widths of the border in pixels: left, top, right, bottom. */
  readonly margins: Margins;
  /** Default: constant. */
  readonly border?: Border;
  /** Color of a constant border, 0 .. 255 (default: black). */
  readonly fill?: Fill;
}

export const padRule: Rule<Pad> = {
  read: (fields, place) => ({
    transform: 'pad',
    margins: fourMargins(fields, 'margins', place),
    border: choice(fields, 'border', borders, place, { optional: true }),
    fill: fillColor(fields, 'fill', place, [0]),
  }),
  shape: ({ margins: [left, top, right, bottom] }, [channels, height, width]) => [
    channels,
    top + height + bottom,
    left + width + right,
  ],
  apply: ({ margins, border, fill }, image) => pad(image, margins, border, fill),
};
