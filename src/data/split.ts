// Dividing one data set into train, valid and test.
import { UsageError } from '../base/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { concatenate, type Dataset, pick, type SplitDataset, type SplitName } from './dataset.ts';

// The names under which people keep the three parts, in small letters.
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

/** The part that a name is for, whatever its capitals: `Val` is `valid`. */
export function parseSplitName(name: string): SplitName | undefined {
  const plain = name.toLowerCase();
  return Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
}

export interface SplitOptions {
  readonly seed?: number | undefined;
  /** Share of each class that goes to valid; 0.1 if left out. */
  readonly valid?: number;
  /** Share of each class that goes to test; 0.1 if left out. */
  readonly test?: number;
}

/**
 * A stratified split: each class gives the same shares, drawn by (seed, class name), so that images of one class
 * stay where they are when another class changes. Shares are rounded; a class of three images or more gives at
 * least one to every part that has a share. Within a part the images keep their order.
 * @throws UsageError if the shares are negative or leave nothing to train on
 */
export function stratifiedSplit(dataset: Dataset, options: SplitOptions = {}): Record<SplitName, Dataset> {
  const { seed = 0, valid = 0.1, test = 0.1 } = options;
  if (!(valid >= 0 && test >= 0 && valid + test < 1)) {
    throw new UsageError(`shares valid ${valid} and test ${test} must be 0 or more and below 1 together.`);
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

/** No validation and no test. */
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
 * Divides a data set into `count` folds for cross-validation: every image validates in exactly one of them and trains in all
 * others. Each class is spread evenly, drawn by (seed, class name); images keep their order within a part.
 * @throws UsageError if `count` is no whole number from 2 up to the number of images
 */
export function kFold(
  dataset: Dataset,
  count: number,
  { seed = 0 }: { readonly seed?: number } = {},
): Fold[] {
  if (!Number.isInteger(count) || count < 2 || count > dataset.length) {
    throw new UsageError(
      `${count} folds of ${dataset.length} images: ask for a whole number from 2 to ${dataset.length}.`,
    );
  }
  const foldOf = new Uint32Array(dataset.length);
  let next = 0;
  for (const [label, members] of indicesByClass(dataset).entries()) {
    const order = new RandomStream(seed, `fold/${dataset.classes[label]}`).permutation(members.length);
    // Classes go on where the one before ended, so that the folds are of equal size too.
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
 * The data set with its training and validation images divided anew, as fold `fold` (from 1) of `count`; test images stay.
 * @throws UsageError if there is no such fold
 */
export function takeFold(data: SplitDataset, fold: number, count: number): SplitDataset {
  const { train, valid, test } = data.splits;
  const folds = kFold(concatenate([train, valid]), count);
  const taken = folds[fold - 1];
  if (!taken) throw new UsageError(`fold ${fold} of ${count}: folds are numbered from 1 to ${count}.`);
  return { ...data, splits: { ...taken, test } };
}

/**
 * Reads `2/5`, the second of five folds.
 * @throws UsageError unless both are whole numbers, the first no more than the second
 */
export function parseFold(text: string): { readonly fold: number; readonly count: number } {
  const [, fold, count] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
  if (fold && count && fold <= count && count >= 2) return { fold, count };
  throw new UsageError(`fold "${text}": write which of how many, such as 2/5 for the second of five.`);
}

function countOf(share: number, total: number): number {
  const rounded = Math.round(share * total);
  return rounded === 0 && share > 0 && total >= 3 ? 1 : rounded;
}

export function indicesByClass(dataset: Dataset): number[][] {
  const members: number[][] = dataset.classes.map(() => []);
  for (let index = 0; index < dataset.length; index++) members[dataset.label(index)].push(index);
  return members;
}
