// Resize: to a size, or until the shorter side has a length.
import { type Interpolation, interpolations, resize } from '../../image/resize.ts';
import { choice, sizeOrSide } from './fields.ts';
import type { Rule } from './rule.ts';

/** With Pillow's pixels. */
export interface Resize {
  readonly transform: 'resize';
  /** Or the length of the shorter side; the other keeps its proportion, rounded down. */
  readonly size: readonly [height: number, width: number] | number;
  /** Default: bilinear. */
  readonly interpolation?: Interpolation;
}

export const resizeRule: Rule<Resize> = {
  read: (fields, place) => ({
    transform: 'resize',
    size: sizeOrSide(fields, 'size', place),
    interpolation: choice(fields, 'interpolation', interpolations, place, { optional: true }),
  }),
  shape: ({ size }, [channels, height, width]) => [channels, ...resizedTo(size, height, width)],
  apply: ({ size, interpolation }, image) =>
    resize(image, ...resizedTo(size, image.height, image.width), interpolation),
};

function resizedTo(
  size: Resize['size'],
  height: number,
  width: number,
): readonly [height: number, width: number] {
  if (typeof size !== 'number') return size;
  const longer = Math.floor((size * Math.max(height, width)) / Math.min(height, width));
  return height <= width ? [size, longer] : [longer, size];
}
