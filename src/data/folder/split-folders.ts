// Which sub-folders are splits, by their names: `train`, `seg_test`, `Training Set`, `val2017`.
import { UsageError, unknownName } from '../../base/errors.ts';
import { type SplitName, splitNames } from '../dataset.ts';
import { parseSplitName } from '../split.ts';

/** Words without meaning in the name of a data folder. */
const FILLERS = new Set(
  'all data dataset dir directory folder image images img imgs part photo photos pic pics picture pictures sample samples set sets split'.split(
    ' ',
  ),
);
/** `trainset`, `testimages`, `trainval` */
const GLUED =
  /^(train|training|valid|val|validation|dev|test|testing)(set|sets|data|dataset|images|imgs|valid|val)$/;

/** Whether a folder of this name may contain all others without being a class or a split. */
export function isFillerName(name: string): boolean {
  return wordsOf(name).every((word) => FILLERS.has(word));
}

/** Words and numbers in lower case: `seg_trainSet2` is seg, train, set, 2. */
function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u)
    .filter((word) => word !== '')
    .flatMap((word) => GLUED.exec(word)?.slice(1) ?? [word]);
}

/** Whether a word in the name means a split, whatever the rest of the name. */
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
  // `train_val` means everything but the test split.
  if (splits.has('train') && splits.size === 2 && splits.has('valid')) splits.delete('valid');
  const [split, ...others] = splits;
  if (split === undefined || others.length > 0) return undefined;
  const rest = words.filter(
    (word) => parseSplitName(word) === undefined && !FILLERS.has(word) && !/^\p{N}+$/u.test(word),
  );
  return { split, rest: rest.join(' ') };
}

/**
 * The split that each of these sibling folders is by its name, undefined for others. A name means a split if it has one of the
 * usual words and no other meaningful word, or the same other words as a sibling of another split: `seg_train` beside
 * `seg_test` is a split, `train_station` beside `bus_station` is not.
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

/** The sub-folders that are splits, or `none` if all are classes. */
export type SplitFolders = 'none' | Readonly<Partial<Record<SplitName, string>>>;

const EXAMPLE =
  'write it as train=FOLDER,valid=FOLDER,test=FOLDER, or as none if the sub-folders are the classes';

/**
 * Parses `train=color,test=segmented`, or `none`.
 * @throws UsageError for another name, a repeated name, or an empty folder
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
      throw new UsageError(`split folders "${text}" has no folder for ${split}; ${EXAMPLE}.`);
    if (folders[split] !== undefined) {
      throw new UsageError(`split folders "${text}" has ${split} twice; ${EXAMPLE}.`);
    }
    folders[split] = folder;
  }
  return folders;
}
