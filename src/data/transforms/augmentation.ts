// Data augmentation: the random transforms of training images, and the short form in which a command line writes them.
import { checkText } from '../../base/arguments.ts';
import { UsageError, unknownName } from '../../base/errors.ts';
import { readObject } from '../../base/json.ts';
import type { Fill } from '../../image/region.ts';
import { type Mixing, mixingAmounts, readMixing } from './mixing.ts';
import type { Normalize } from './normalize.ts';
import type { Amount, AugmentationTarget, ImageShape, ShortForm, TransformJson } from './rule.ts';
import { type Preprocessing, randomTransforms, readTransforms, type TransformList } from './transforms.ts';

/** What is done to training images at random. Plain JSON. */
export interface Augmentation {
  /** Replaces the preprocessing for training images, and ends with the same `normalize`. */
  readonly transforms: TransformList;
  /** How images of a batch are mixed with one another (default: not at all). */
  readonly mixing?: Mixing;
}

/**
 * Reads an augmentation from JSON of any origin.
 * @throws DataError that says what is wrong and what was expected
 */
export function readAugmentation(json: unknown): Augmentation {
  const { transforms, mixing } = readObject(json, 'augmentation');
  return {
    transforms: readTransforms(transforms, 'augmentation'),
    ...(mixing !== undefined && { mixing: readMixing(mixing, 'augmentation (mixing)') }),
  };
}

const shortForms: readonly ShortForm[] = Object.values(randomTransforms).flatMap(
  ({ shortForm }) => shortForm ?? [],
);

/** The names of the short form, in the order in which they are applied; derived from the transforms. */
export const augmentations: Readonly<Record<string, Amount>> = Object.assign(
  {},
  ...shortForms.map(({ amounts }) => amounts),
  mixingAmounts,
);

type Amounts = Readonly<Record<string, number>>;
type Named = Pick<TransformJson, 'transform'>;

const EXAMPLE = 'write it as horizontal-flip,rotation=10';

/**
 * Parses `random-resized-crop,horizontal-flip,brightness=0.4`: names with an amount each, or the default one (`fovea train
 * --help` lists them). Whatever the order of the names, crops are applied first; then flips, affine transforms, changes of
 * color, blur and erasing at the input size of the network; then mixing.
 *
 *     parseAugmentation('horizontal-flip,rotation=15', preprocessingFor(model), model.input);
 *
 * @param preprocessing the preprocessing of the model; its `normalize` stays the last transform
 * @param output shape of its result, `[C, H, W]`
 * @throws UsageError for an unknown or repeated name, or an amount out of its range
 */
export function parseAugmentation(
  text: string,
  preprocessing: Preprocessing,
  output: ImageShape,
): Augmentation {
  checkText('parseAugmentation(text, preprocessing, output)', 'text', text);
  const amounts = parseAmounts(text);
  const normalize = preprocessing.at(-1) as Normalize;
  const [, height, width] = output;
  const target: AugmentationTarget = { size: [height, width], neutral: neutralColor(normalize) };
  const transforms = createTransforms(amounts, preprocessing.slice(0, -1), target);
  const mixing = select(amounts, mixingAmounts);
  return readAugmentation({ transforms: [...transforms, normalize], ...(mixing && { mixing }) });
}

function parseAmounts(text: string): Amounts {
  const amounts: Record<string, number> = {};
  for (const entry of text.split(',')) {
    const [name = '', ...rest] = entry.split('=').map((part) => part.trim());
    if (!Object.hasOwn(augmentations, name)) {
      throw unknownName('augmentation', name, Object.keys(augmentations));
    }
    if (Object.hasOwn(amounts, name)) {
      throw new UsageError(`augmentation "${text}" has ${name} twice; ${EXAMPLE}.`);
    }
    amounts[name] = parseAmount(name, rest, entry.trim());
  }
  return amounts;
}

/** @param values what follows the name, split at `=`: at most one number */
function parseAmount(name: string, values: readonly string[], entry: string): number {
  const { meaning, fallback, range } = augmentations[name];
  const [least, most] = range;
  const [value = String(fallback)] = values;
  const amount = value === '' ? Number.NaN : Number(value);
  if (values.length <= 1 && amount >= least && amount <= most) return amount;
  throw new UsageError(
    `augmentation "${entry}": the amount of ${name} (${meaning}) must be a number from ${least} to ${most} ` +
      `(default: ${fallback}); ${EXAMPLE}.`,
  );
}

function createTransforms(
  amounts: Amounts,
  preprocessing: readonly Named[],
  target: AugmentationTarget,
): readonly Named[] {
  let transforms = preprocessing;
  for (const form of shortForms) {
    const own = select(amounts, form.amounts);
    if (own) transforms = place(form.create(own, target), transforms, form.replaces);
  }
  return transforms;
}

function place(
  created: readonly Named[],
  transforms: readonly Named[],
  replaced: readonly string[] | undefined,
): readonly Named[] {
  if (!replaced) return [...transforms, ...created];
  return [...created, ...transforms.filter(({ transform }) => !replaced.includes(transform))];
}

/** The amounts of some names; undefined if none is given. */
function select(amounts: Amounts, names: Readonly<Record<string, Amount>>): Amounts | undefined {
  const own = Object.entries(amounts).filter(([name]) => Object.hasOwn(names, name));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** The mean of the training images, as a color. */
function neutralColor({ mean }: Normalize): Fill {
  return mean.map((value) => Math.min(255, Math.max(0, Math.round(value))));
}
