// Which sub-folders are splits, by their names: `train`, `seg_test`, `Training Set`, `val2017`.
import { UsageError, unknownName } from '../../base/errors.ts';
import { type SplitName, splitNames } from '../dataset.ts';
import { parseSplitName } from '../split.ts';

/** Words without a meaning in the name of a data folder. */
const FILLERS = new Set(
  'all data dataset dir directory folder image images img imgs part photo photos pic pics picture pictures sample samples set sets split'.split(
    ' ',
  ),
);
/** `trainset`, `testimages`, `trainval` */
const GLUED =
  /^(train|training|valid|val|validation|dev|test|testing)(set|sets|data|dataset|images|imgs|valid|val)$/;

/** Whether a folder of this name may enclose the others without being a class or a split. */
export function isFillerName(name: string): boolean {
  return wordsOf(name).every((word) => FILLERS.has(word));
}

/** Letters and digits apart, in small letters: `seg_trainSet2` is seg, train, set, 2. */
function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u)
    .filter((word) => word !== '')
    .flatMap((word) => GLUED.exec(word)?.slice(1) ?? [word]);
}

/** Whether a word in the name stands for a split, whatever else the name says. */
export function mentionsSplit(name: string): boolean {
  return wordsOf(name).some((word) => parseSplitName(word) !== undefined);
}

interface ReadName {
  readonly split: SplitName;
  /** The rest of the name, without numbers and fillers. */
  readonly rest: string;
}

function readName(name: string): ReadName | undefined {
  const words = wordsOf(name);
  const splits = new Set(words.flatMap((word) => parseSplitName(word) ?? []));
  // `train_val` is what remains for training beside a test.
  if (splits.has('train') && splits.size === 2 && splits.has('valid')) splits.delete('valid');
  const [split, ...others] = splits;
  if (split === undefined || others.length > 0) return undefined;
  const rest = words.filter(
    (word) => parseSplitName(word) === undefined && !FILLERS.has(word) && !/^\p{N}+$/u.test(word),
  );
  return { split, rest: rest.join(' ') };
}

/**
 * The split that each of these sibling folders is by its name, undefined for the others. A name says so by one of the usual
 * words and nothing else of a meaning, or with the same words around it as the name of another split: `seg_train` does
 * beside `seg_test`, and `train_station` beside `bus_station` does not.
 */
export function splitsByName(names: readonly string[]): (SplitName | undefined)[] {
  const read = names.map(readName);
  return read.map((own) => {
    if (own === undefined) return undefined;
    const isOne =
      own.rest === '' || read.some((other) => other?.rest === own.rest && other.split !== own.split);
    return isOne ? own.split : undefined;
  });
}

/** Names of sub-folders that are splits, or that none is one. */
export type SplitFolders = 'none' | Readonly<Partial<Record<SplitName, string>>>;

const EXAMPLE =
  'write it as train=FOLDER,valid=FOLDER,test=FOLDER, or as none if the sub-folders are the classes';

/**
 * Reads `train=color,test=segmented`, or `none`.
 * @throws UsageError for other names, a name given twice, or a folder without a name
 */
export function parseSplitFolders(text: string): SplitFolders {
  if (text.trim() === 'none') return 'none';
  const folders: Partial<Record<SplitName, string>> = {};
  for (const entry of text.split(',')) {
    const [name = '', ...rest] = entry.split('=');
    const split = splitNames.find((known) => known === name.trim());
    const folder = rest.join('=').trim();
    if (rest.length === 0) throw new UsageError(`split folders "${text}" has "${entry}"; ${EXAMPLE}.`);
    if (split === undefined) throw unknownName('split', name.trim(), splitNames);
    if (folder === '')
      throw new UsageError(`split folders "${text}" names no folder for ${split}; ${EXAMPLE}.`);
    if (folders[split] !== undefined) {
      throw new UsageError(`split folders "${text}" names ${split} twice; ${EXAMPLE}.`);
    }
    folders[split] = folder;
  }
  return folders;
}
