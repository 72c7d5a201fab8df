// Smaller parts of a data set: `train=1000,valid=200,test=200`, the first images of each in file order.
import { checkText } from '../base/arguments.ts';
import { UsageError, unknownName } from '../base/errors.ts';
import { type Dataset, type SplitDataset, type SplitName, slice, splitNames } from './dataset.ts';

/** How many images to keep of each part; a part that is not named stays whole. */
export type Subset = Readonly<Partial<Record<SplitName, number>>>;

const EXAMPLE = 'write it as train=1000,valid=200,test=200';

/**
 * Reads `train=1000,valid=200,test=200`; any of the three may be left out.
 * @throws UsageError for other names, a name given twice, or a count that is no whole number from 1
 */
export function parseSubset(text: string): Subset {
  checkText('parseSubset(text)', 'text', text);
  const subset: Partial<Record<SplitName, number>> = {};
  for (const entry of text.split(',')) {
    const [name = '', count = '', ...rest] = entry.split('=').map((part) => part.trim());
    const split = splitNames.find((known) => known === name);
    if (split === undefined) throw unknownName('split in subset', name, splitNames);
    if (subset[split] !== undefined)
      throw new UsageError(`subset "${text}" names ${split} twice; ${EXAMPLE}.`);
    if (!/^[0-9]+$/.test(count) || Number(count) === 0 || rest.length > 0) {
      throw new UsageError(`subset "${text}" has "${entry}"; a count is a whole number from 1: ${EXAMPLE}.`);
    }
    subset[split] = Number(count);
  }
  return subset;
}

/**
 * The data set with only the first images of each named part.
 * @throws UsageError if a part has fewer images than asked for
 */
export function takeSubset(data: SplitDataset, subset: Subset): SplitDataset {
  const first = (name: SplitName): Dataset => {
    const split = data.splits[name];
    const count = subset[name];
    if (count === undefined) return split;
    if (!Number.isInteger(count) || count < 1 || count > split.length) {
      throw new UsageError(
        `subset ${name}=${count}: ${data.name} has ${split.length} ${name} images; ` +
          (split.length === 0 ? `leave ${name} out.` : `ask for 1 to ${split.length}.`),
      );
    }
    return slice(split, 0, count);
  };
  const splits = { train: first('train'), valid: first('valid'), test: first('test') };
  const { all: _, ...rest } = data;
  return { ...rest, splits };
}
