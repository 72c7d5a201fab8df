// Color: channels, random changes of brightness, contrast, saturation and hue, and random conversion to grayscale.
import { withChannels } from '../../image/channels.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from '../../image/color.ts';
import type { Image } from '../../image/image.ts';
import type { RandomSequence } from '../../tensor/random-sequence.ts';
import { aroundOne, aroundZero, choice, numberWithin, type Range, rangeWithin } from './fields.ts';
import { type Complete, probabilityForm, type Rule, sameShapeAs, shortForm } from './rule.ts';

/** Grayscale to RGB by repetition, or RGB to grayscale by ITU-R 601 luma. */
export interface Channels {
  readonly transform: 'channels';
  readonly channels: 1 | 3;
}

/** Removes all color with a probability; the number of channels stays. */
export interface Grayscale {
  readonly transform: 'grayscale';
  /** Default: 0.1. */
  readonly probability?: number;
}

/** Changes each property by a random factor from its range, in random order; other properties stay. */
export interface ColorJitter {
  readonly transform: 'color-jitter';
  /** Factors: 1 changes nothing, 0 gives black. */
  readonly brightness?: Range;
  /** Factors: 1 changes nothing, 0 gives uniform gray. */
  readonly contrast?: Range;
  /** Factors: 1 changes nothing, 0 removes all color. */
  readonly saturation?: Range;
  /** Rotations of the hue in turns, -0.5 to 0.5: 0 changes nothing. */
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
  apply: ({ probability }, image, random) =>
    random.chance(probability) ? withChannels(withChannels(image, 1), image.channels) : image,
  shortForm: probabilityForm('grayscale', 0.1),
};

const FACTORS: Range = [0, 10];
const UNCHANGED: Range = [1, 1];
const RELATIVE_CHANGE = { meaning: 'largest relative change', fallback: 0.2, range: [0, 1] } as const;

export const colorJitterRule: Rule<ColorJitter> = {
  read: (fields, place) => ({
    transform: 'color-jitter',
    brightness: rangeWithin(fields, 'brightness', place, FACTORS, UNCHANGED),
    contrast: rangeWithin(fields, 'contrast', place, FACTORS, UNCHANGED),
    saturation: rangeWithin(fields, 'saturation', place, FACTORS, UNCHANGED),
    hue: rangeWithin(fields, 'hue', place, [-0.5, 0.5], [0, 0]),
  }),
  shape: sameShapeAs,
  apply: (jitter, image, random) => {
    const changes = drawChanges(jitter, random);
    let result = image;
    for (let left = changes.length; left > 0; left--) {
      const [change] = changes.splice(random.integer(left), 1);
      result = change(result);
    }
    return result;
  },
  shortForm: shortForm({
    amounts: {
      brightness: RELATIVE_CHANGE,
      contrast: RELATIVE_CHANGE,
      saturation: RELATIVE_CHANGE,
      hue: { meaning: 'largest rotation of the hue in turns', fallback: 0.05, range: [0, 0.5] },
    },
    create: ({ brightness, contrast, saturation, hue }) => [
      {
        transform: 'color-jitter',
        brightness: aroundOne(brightness),
        contrast: aroundOne(contrast),
        saturation: aroundOne(saturation),
        hue: aroundZero(hue),
      },
    ],
  }),
};

type Change = (image: Image) => Image;

function drawChanges(
  { brightness, contrast, saturation, hue }: Complete<ColorJitter>,
  random: RandomSequence,
): Change[] {
  const changes: Change[] = [];
  const add = (range: Range, neutral: number, adjust: (image: Image, factor: number) => Image) => {
    const factor = random.between(range);
    if (factor !== neutral) changes.push((image) => adjust(image, factor));
  };
  add(brightness, 1, adjustBrightness);
  add(contrast, 1, adjustContrast);
  add(saturation, 1, adjustSaturation);
  add(hue, 0, adjustHue);
  return changes;
}
