// Dividing one data set into train, valid and test.
import { UsageError } from '../tensor/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { type Dataset, pick, type SplitName } from './dataset.ts';

// The names under which people keep the three parts.
const NAMES: Readonly<Record<string, SplitName>> = {
  train: 'train',
  valid: 'valid',
  val: 'valid',
  validation: 'valid',
  test: 'test',
};

/** The part that a name is for: `val` is `valid`. */
export function splitOfName(name: string): SplitName | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

export interface SplitOptions {
  readonly seed?: number;
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
  for (const [label, members] of membersByClass(dataset).entries()) {
    const order = new RandomStream(seed, `split/${dataset.classes[label]}`).permutation(members.length);
    const shuffled = Array.from(order, (place) => members[place]!);
    const validEnd = countOf(valid, members.length);
    const testEnd = validEnd + countOf(test, members.length);
    parts.valid.push(...shuffled.slice(0, validEnd));
    parts.test.push(...shuffled.slice(validEnd, testEnd));
    parts.train.push(...shuffled.slice(testEnd));
  }
  const part = (name: SplitName) => pick(dataset, Uint32Array.from(parts[name]).sort());
  return { train: part('train'), valid: part('valid'), test: part('test') };
}

function countOf(share: number, total: number): number {
  const rounded = Math.round(share * total);
  return rounded === 0 && share > 0 && total >= 3 ? 1 : rounded;
}

function membersByClass(dataset: Dataset): number[][] {
  const members: number[][] = dataset.classes.map(() => []);
  for (let index = 0; index < dataset.length; index++) members[dataset.label(index)]!.push(index);
  return members;
}
