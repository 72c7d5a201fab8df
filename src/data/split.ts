// Splits a data set into train, valid and test, or into folds.
import { checkInteger } from '../base/arguments.ts';
import { UsageError } from '../base/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { concatenate, type Dataset, pick, type SplitDataset, type SplitName } from './dataset.ts';

// Usual names of the three splits, in lower case.
const NAMES: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  valid: 'valid',
  val: 'valid',
  validation: 'valid',
  dev: 'valid',
  test: 'test',
  testing: 'test',
};

/** The split that a name means, in any case: `Val` is `valid`; undefined for other names. */
export function parseSplitName(name: string): SplitName | undefined {
  const plain = name.toLowerCase();
  return Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
}

export interface SplitOptions {
  /** Seed of the random order (default: 0). */
  readonly seed?: number | undefined;
  /** Fraction of each class for valid (default: 0.1). */
  readonly valid?: number;
  /** Fraction of each class for test (default: 0.1). */
  readonly test?: number;
}

/**
 * A stratified split: the same fractions of each class, drawn by (seed, class name), so that images of one class stay in
 * their split when another class changes. Counts are rounded; a class of three images or more has at least one in every
 * split. Within a split the images keep their order.
 *
 *     const { train, valid, test } = stratifiedSplit(dataset, { valid: 0.2, test: 0.1 });
 *
 * @throws UsageError if the fractions are negative or leave nothing to train on
 */
export function stratifiedSplit(dataset: Dataset, options: SplitOptions = {}): Record<SplitName, Dataset> {
  const { seed = 0, valid = 0.1, test = 0.1 } = options;
  if (!(valid >= 0 && test >= 0 && valid + test < 1)) {
    throw new UsageError(
      `valid and test must be fractions of at least 0 with a sum below 1, got ${valid} and ${test}.`,
    );
  }
  const parts: Record<SplitName, number[]> = { train: [], valid: [], test: [] };
  for (const [label, members] of indicesByClass(dataset).entries()) {
    const order = new RandomStream(seed, `split/${dataset.classes[label]}`).permutation(members.length);
    const shuffled = Array.from(order, (place) => members[place]);
    const validEnd = countOf(valid, members.length);
    const testEnd = validEnd + countOf(test, members.length);
    parts.valid.push(...shuffled.slice(0, validEnd));
    parts.test.push(...shuffled.slice(validEnd, testEnd));
    parts.train.push(...shuffled.slice(testEnd));
  }
  const part = (name: SplitName) => pick(dataset, Uint32Array.from(parts[name]).sort());
  return { train: part('train'), valid: part('valid'), test: part('test') };
}

/** All images for training: empty validation and test splits. */
export function trainOnly(dataset: Dataset): Record<SplitName, Dataset> {
  const none = pick(dataset, []);
  return { train: dataset, valid: none, test: none };
}

/** Training and validation images of one fold. */
export interface Fold {
  readonly train: Dataset;
  readonly valid: Dataset;
}

/**
 * Splits a data set into folds for k-fold cross-validation: every image is a validation image of exactly one fold and a
 * training image of all others. Each class is spread evenly, drawn by (seed, class name); images keep their order.
 *
 *     for (const { train, valid } of kFold(data.splits.train, 5)) { ... }
 *
 * @param count number of folds, from 2 to the number of images
 * @throws UsageError for another number of folds
 */
export function kFold(
  dataset: Dataset,
  count: number,
  { seed = 0 }: { readonly seed?: number } = {},
): Fold[] {
  checkInteger('number of folds', count, 2, dataset.length);
  const foldOf = new Uint32Array(dataset.length);
  let next = 0;
  for (const [label, members] of indicesByClass(dataset).entries()) {
    const order = new RandomStream(seed, `fold/${dataset.classes[label]}`).permutation(members.length);
    // Each class continues where the previous one ended, so that folds have equal sizes too.
    for (const place of order) foldOf[members[place]] = next++ % count;
  }
  const indices = Array.from(foldOf.keys());
  return Array.from({ length: count }, (_, fold) => ({
    train: pick(
      dataset,
      indices.filter((index) => foldOf[index] !== fold),
    ),
    valid: pick(
      dataset,
      indices.filter((index) => foldOf[index] === fold),
    ),
  }));
}

/**
 * Redivides training and validation images, as fold `fold` (from 1) of `count`; test images stay.
 * @throws UsageError if there is no such fold
 */
export function takeFold(data: SplitDataset, fold: number, count: number): SplitDataset {
  const { train, valid, test } = data.splits;
  const folds = kFold(concatenate([train, valid]), count);
  checkInteger('fold', fold, 1, count);
  return { ...data, splits: { ...folds[fold - 1], test } };
}

/**
 * Parses `2/5`, the second of five folds.
 * @throws UsageError unless both are positive integers, the first at most the second
 */
export function parseFold(text: string): { readonly fold: number; readonly count: number } {
  const [, fold, count] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
  if (fold && count && fold <= count && count >= 2) return { fold, count };
  throw new UsageError(
    `fold must be written as FOLD/COUNT, such as 2/5 for the second of five, got "${text}".`,
  );
}

function countOf(fraction: number, total: number): number {
  const rounded = Math.round(fraction * total);
  return rounded === 0 && fraction > 0 && total >= 3 ? 1 : rounded;
}

/** Indices of the samples of each class. */
export function indicesByClass(dataset: Dataset): number[][] {
  const members: number[][] = dataset.classes.map(() => []);
  for (let index = 0; index < dataset.length; index++) members[dataset.label(index)].push(index);
  return members;
}
