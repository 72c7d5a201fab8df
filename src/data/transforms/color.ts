// Colours: channels, random changes of brightness, contrast, saturation and hue, and random loss of colour.
import { withChannels } from '../../image/channels.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from '../../image/color.ts';
import type { Image } from '../../image/image.ts';
import type { Draws } from '../../tensor/random-sequence.ts';
import { choice, numberWithin, type Range, rangeWithin } from './fields.ts';
import { type Complete, type Rule, sameShapeAs } from './rule.ts';

/** Grey to RGB by repetition, or RGB to grey by ITU-R 601 luma. */
export interface Channels {
  readonly transform: 'channels';
  readonly channels: 1 | 3;
}

/** All colour lost, with a probability; the number of channels stays. */
export interface Grayscale {
  readonly transform: 'grayscale';
  /** 0.1 unless given. */
  readonly probability?: number;
}

/** Each property changed by a factor drawn from its range, in random order; none is changed unless given. */
export interface ColorJitter {
  readonly transform: 'color-jitter';
  /** Of factors: 1 leaves it, 0 makes black. */
  readonly brightness?: Range;
  /** Of factors: 1 leaves it, 0 makes one grey. */
  readonly contrast?: Range;
  /** Of factors: 1 leaves it, 0 takes the colour away. */
  readonly saturation?: Range;
  /** Of parts of the circle of hues: 0 leaves it. */
  readonly hue?: Range;
}

export const channelsRule: Rule<Channels> = {
  read: (fields, place) => ({ transform: 'channels', channels: choice(fields, 'channels', [1, 3], place) }),
  shape: ({ channels }, [, height, width]) => [channels, height, width],
  apply: ({ channels }, image) => withChannels(image, channels),
};

export const grayscaleRule: Rule<Grayscale> = {
  read: (fields, place) => ({
    transform: 'grayscale',
    probability: numberWithin(fields, 'probability', place, [0, 1], 0.1),
  }),
  shape: sameShapeAs,
  apply: ({ probability }, image, draws) =>
    draws.chance(probability) ? withChannels(withChannels(image, 1), image.channels) : image,
};

const FACTORS: Range = [0, 10];
const UNCHANGED: Range = [1, 1];

export const colorJitterRule: Rule<ColorJitter> = {
  read: (fields, place) => ({
    transform: 'color-jitter',
    brightness: rangeWithin(fields, 'brightness', place, FACTORS, UNCHANGED),
    contrast: rangeWithin(fields, 'contrast', place, FACTORS, UNCHANGED),
    saturation: rangeWithin(fields, 'saturation', place, FACTORS, UNCHANGED),
    hue: rangeWithin(fields, 'hue', place, [-0.5, 0.5], [0, 0]),
  }),
  shape: sameShapeAs,
  apply: (jitter, image, draws) => {
    const changes = changesOf(jitter, draws);
    let result = image;
    for (let left = changes.length; left > 0; left--) {
      const [change] = changes.splice(draws.integer(left), 1);
      result = change(result);
    }
    return result;
  },
};

type Change = (image: Image) => Image;

function changesOf({ brightness, contrast, saturation, hue }: Complete<ColorJitter>, draws: Draws): Change[] {
  const changes: Change[] = [];
  const add = (range: Range, neutral: number, adjust: (image: Image, factor: number) => Image) => {
    const factor = draws.between(range);
    if (factor !== neutral) changes.push((image) => adjust(image, factor));
  };
  add(brightness, 1, adjustBrightness);
  add(contrast, 1, adjustContrast);
  add(saturation, 1, adjustSaturation);
  add(hue, 0, adjustHue);
  return changes;
}
