// Subsets of a data set: `train=1000,valid=200,test=200`, the first images of each split in file order.
import { checkText, isInteger } from '../base/arguments.ts';
import { UsageError, unknownName } from '../base/errors.ts';
import { type Dataset, type SplitDataset, type SplitName, slice, splitNames } from './dataset.ts';

/** Number of images to keep of each split; splits without a number stay whole. */
export type Subset = Readonly<Partial<Record<SplitName, number>>>;

const EXAMPLE = 'write it as train=1000,valid=200,test=200';

/**
 * Parses `train=1000,valid=200,test=200`; each of the three is optional.
 *
 *     const small = takeSubset(data, parseSubset('train=1000,valid=200'));
 *
 * @throws UsageError for another name, a repeated name, or a count that is not a positive integer
 */
export function parseSubset(text: string): Subset {
  checkText('parseSubset(text)', 'text', text);
  const subset: Partial<Record<SplitName, number>> = {};
  for (const entry of text.split(',')) {
    const [name = '', count = '', ...rest] = entry.split('=').map((part) => part.trim());
    const split = splitNames.find((known) => known === name);
    if (split === undefined) throw unknownName('split in subset', name, splitNames);
    if (subset[split] !== undefined) throw new UsageError(`subset "${text}" has ${split} twice; ${EXAMPLE}.`);
    if (!/^[0-9]+$/.test(count) || Number(count) === 0 || rest.length > 0) {
      throw new UsageError(
        `subset "${text}" has "${entry}"; a count must be a positive integer: ${EXAMPLE}.`,
      );
    }
    subset[split] = Number(count);
  }
  return subset;
}

/**
 * The data set with only the first images of each split.
 * @throws UsageError if a split has fewer images than requested
 */
export function takeSubset(data: SplitDataset, subset: Subset): SplitDataset {
  const first = (name: SplitName): Dataset => {
    const split = data.splits[name];
    const count = subset[name];
    if (count === undefined) return split;
    if (!isInteger(count, 1, split.length)) {
      throw new UsageError(
        `subset ${name}=${count}: ${data.name} has ${split.length} ${name} images; ` +
          (split.length === 0 ? `omit ${name}.` : `use 1 to ${split.length}.`),
      );
    }
    return slice(split, 0, count);
  };
  const splits = { train: first('train'), valid: first('valid'), test: first('test') };
  const { all: _, ...rest } = data;
  return { ...rest, splits };
}
