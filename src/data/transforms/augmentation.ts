// What training does to images in place of the preprocessing, and the short names that a command line has for it.
import { checkText } from '../../base/arguments.ts';
import { UsageError, unknownName } from '../../base/errors.ts';
import { fieldsOf, type Range } from './fields.ts';
import { type Mixing, readMixing } from './mixing.ts';
import type { Normalize } from './normalize.ts';
import {
  type ImageShape,
  type Preprocessing,
  readTransforms,
  type Transform,
  type TransformList,
} from './transforms.ts';

/** Plain JSON. */
export interface Augmentation {
  /** Takes the place of the preprocessing for training images, and ends with the same `normalize`. */
  readonly transforms: TransformList;
  /** Whether images of a batch are mixed with one another. */
  readonly mixing?: Mixing;
}

/**
 * Reads an augmentation from JSON that may come from anywhere.
 * @throws DataError that says what is wrong and what was expected
 */
export function readAugmentation(json: unknown): Augmentation {
  const { transforms, mixing } = fieldsOf(json, 'augmentation');
  return {
    transforms: readTransforms(transforms, 'augmentation'),
    ...(mixing !== undefined && { mixing: readMixing(mixing, 'augmentation (mixing)') }),
  };
}

interface Amount {
  /** What the number after the name is. */
  readonly meaning: string;
  readonly fallback: number;
  readonly within: Range;
}

/** The short names, with what a number after each means. */
export const augmentations = {
  'random-resized-crop': { meaning: 'smallest share of the area', fallback: 0.08, within: [0.01, 1] },
  'random-crop': {
    meaning: 'border around the image in pixels',
    fallback: 4,
    within: [0, 1000],
  },
  'horizontal-flip': { meaning: 'probability', fallback: 0.5, within: [0, 1] },
  'vertical-flip': { meaning: 'probability', fallback: 0.5, within: [0, 1] },
  rotation: { meaning: 'degrees to either side', fallback: 10, within: [0, 180] },
  shift: { meaning: 'share of the size to every side', fallback: 0.1, within: [0, 1] },
  scale: { meaning: 'share by which it grows or shrinks', fallback: 0.1, within: [0, 0.9] },
  shear: { meaning: 'degrees to either side', fallback: 10, within: [0, 80] },
  brightness: { meaning: 'share more or less', fallback: 0.2, within: [0, 1] },
  contrast: { meaning: 'share more or less', fallback: 0.2, within: [0, 1] },
  saturation: { meaning: 'share more or less', fallback: 0.2, within: [0, 1] },
  hue: { meaning: 'share of the circle of hues to either side', fallback: 0.05, within: [0, 0.5] },
  grayscale: { meaning: 'probability', fallback: 0.1, within: [0, 1] },
  erasing: { meaning: 'probability', fallback: 0.5, within: [0, 1] },
  mixup: { meaning: 'alpha', fallback: 0.2, within: [0.001, 100] },
  cutmix: { meaning: 'alpha', fallback: 1, within: [0.001, 100] },
} as const satisfies Record<string, Amount>;

type AugmentationName = keyof typeof augmentations;
type Amounts = Partial<Record<AugmentationName, number>>;

const EXAMPLE = 'write it as horizontal-flip,rotation=10';

/**
 * Reads `random-resized-crop,horizontal-flip,brightness=0.4`: names of `augmentations`, each with its usual amount unless a
 * number follows. They are applied in one good order whatever the order of the names: cropped first, then at the
 * network's size moved, recoloured and erased.
 * @param preprocessing what the images go through after training; its `normalize` is kept
 * @param output shape of its result, `[C, H, W]`
 * @throws UsageError for an unknown name, one given twice, or a number that it cannot have
 */
export function parseAugmentation(
  text: string,
  preprocessing: Preprocessing,
  output: ImageShape,
): Augmentation {
  checkText('parseAugmentation(text, preprocessing, output)', 'text', text);
  const amounts = parseAmounts(text);
  const { mixup, cutmix } = amounts;
  const mixing = { ...(mixup !== undefined && { mixup }), ...(cutmix !== undefined && { cutmix }) };
  return readAugmentation({
    transforms: transformsOf(amounts, preprocessing, output),
    ...(Object.keys(mixing).length > 0 && { mixing }),
  });
}

function parseAmounts(text: string): Amounts {
  const amounts: Amounts = {};
  for (const entry of text.split(',')) {
    const [name = '', number, ...rest] = entry.split('=').map((part) => part.trim());
    if (!Object.hasOwn(augmentations, name)) {
      throw unknownName('augmentation', name, Object.keys(augmentations));
    }
    const known = name as AugmentationName;
    if (amounts[known] !== undefined) {
      throw new UsageError(`the augmentation "${text}" names ${name} twice; ${EXAMPLE}.`);
    }
    const { meaning, fallback, within }: Amount = augmentations[known];
    const amount = number === undefined ? fallback : number === '' ? Number.NaN : Number(number);
    if (rest.length > 0 || !(amount >= within[0] && amount <= within[1])) {
      throw new UsageError(
        `augmentation "${entry.trim()}": after ${name} comes its ${meaning}, a number from ${within[0]} to ` +
          `${within[1]} (${fallback} if left out); ${EXAMPLE}.`,
      );
    }
    amounts[known] = amount;
  }
  return amounts;
}

function transformsOf(amounts: Amounts, preprocessing: Preprocessing, output: ImageShape): Transform[] {
  const normalize = preprocessing.at(-1) as Normalize;
  return [
    ...croppedFirst(amounts, preprocessing.slice(0, -1), output),
    ...flips(amounts),
    ...motions(amounts),
    ...colors(amounts),
    ...erasing(amounts, normalize),
    normalize,
  ];
}

/** A random resized crop takes the place of what brings images to their size; a random crop comes after it. */
function croppedFirst(
  amounts: Amounts,
  fixed: readonly Transform[],
  [, height, width]: ImageShape,
): Transform[] {
  const { 'random-resized-crop': area, 'random-crop': border } = amounts;
  const size = [height, width] as const;
  const sizing: readonly string[] = ['resize', 'center-crop', 'pad'];
  const sized: readonly Transform[] =
    area === undefined
      ? fixed
      : [
          { transform: 'random-resized-crop', size, area: [area, 1] },
          ...fixed.filter(({ transform }) => !sizing.includes(transform)),
        ];
  if (border === undefined) return [...sized];
  const margin = Math.round(border);
  return [
    ...sized,
    { transform: 'pad', margins: [margin, margin, margin, margin] },
    { transform: 'random-crop', size },
  ];
}

function flips(amounts: Amounts): Transform[] {
  const names = ['horizontal-flip', 'vertical-flip'] as const;
  return names.flatMap((transform) => {
    const probability = amounts[transform];
    return probability === undefined ? [] : [{ transform, probability }];
  });
}

/** All in one step, so that pixels are mixed once. */
function motions({ rotation, shift, scale, shear }: Amounts): Transform[] {
  if ([rotation, shift, scale, shear].every((amount) => amount === undefined)) return [];
  return [
    {
      transform: 'affine',
      degrees: aroundZero(rotation),
      shift: [shift ?? 0, shift ?? 0],
      scale: aroundOne(scale),
      shearX: aroundZero(shear),
    },
  ];
}

function colors({ brightness, contrast, saturation, hue, grayscale }: Amounts): Transform[] {
  const jitter: Transform = {
    transform: 'color-jitter',
    brightness: aroundOne(brightness),
    contrast: aroundOne(contrast),
    saturation: aroundOne(saturation),
    hue: aroundZero(hue),
  };
  const isStill = [brightness, contrast, saturation, hue].every((amount) => amount === undefined);
  return [
    ...(isStill ? [] : [jitter]),
    ...(grayscale === undefined ? [] : [{ transform: 'grayscale', probability: grayscale } as const]),
  ];
}

/** Painted over with the colour that becomes 0. */
function erasing({ erasing: probability }: Amounts, { mean }: Normalize): Transform[] {
  if (probability === undefined) return [];
  const fill = mean.map((value) => Math.min(255, Math.max(0, Math.round(value))));
  return [{ transform: 'erasing', probability, fill }];
}

function aroundZero(amount = 0): Range {
  return [0 - amount, amount]; // Not -0, which JSON does not keep.
}

function aroundOne(amount = 0): Range {
  return [1 - amount, 1 + amount];
}
