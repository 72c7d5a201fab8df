// Errors for folders that can be read in two ways.
import { DataError } from '../../base/errors.ts';
import { formatList } from '../../base/text.ts';
import type { SplitName } from '../dataset.ts';
import { splitsByName } from './split-folders.ts';
import { type FolderTree, holdsImages, imagesOf } from './walk.ts';

/** Maximum number of names in a message. */
const NAMED = 5;

/**
 * Some sub-folders have names of splits, and others do not.
 * @param count number of splits
 * @param classes names of the folders in the splits
 */
export function notAllSplits(
  tree: FolderTree,
  count: number,
  classes: readonly string[],
  others: readonly FolderTree[],
): DataError {
  const splits = tree.folders.filter((folder) => !others.includes(folder) && holdsImages(folder));
  const names = count === 1 ? 'has the name of a split' : 'have the names of splits';
  const inside =
    classes.length === 0
      ? ''
      : ` and ${count === 1 ? 'contains' : 'contain'} folders (${formatList(classes, NAMED)})`;
  const areNot = others.length === 1 ? 'is not the name of a split' : 'are not names of splits';
  return twoReadings(tree, `${quoted(splits)} ${names}${inside}, but ${quoted(others)} ${areNot}`);
}

/** Sub-folders without names of splits contain the same folders. */
export function sameInside(
  tree: FolderTree,
  alike: readonly FolderTree[],
  shared: readonly string[],
): DataError {
  const finding = `${quoted(alike)} contain the same sub-folders (${formatList(shared, NAMED)})`;
  return twoReadings(tree, finding, `; to use only one of them, open folder:${alike[0].path}`);
}

function twoReadings(tree: FolderTree, finding: string, third = ''): DataError {
  const names = tree.folders.map(({ name }) => name);
  const largestFirst = tree.folders.toSorted((a, b) => imagesOf(b).length - imagesOf(a).length);
  return new DataError(
    `${tree.path}: ${finding}. The sub-folders may be the classes (${formatList(names, NAMED)}), or splits of one data set whose ` +
      'classes are the folders in them. For classes, use --split-folders none; for splits, name them, such as ' +
      `--split-folders ${exampleFor(largestFirst.map(({ name }) => name))} (in a program: splitFolders)${third}.`,
  );
}

/** `train=A,test=B`, by the names as far as possible, else in their order. */
function exampleFor(names: readonly string[]): string {
  const splits = splitsByName(names);
  const first = (split: SplitName) => names.find((_, i) => splits[i] === split);
  const train = first('train') ?? names.find((_, i) => splits[i] === undefined) ?? names[0];
  const test = first('test') ?? names.find((name) => name !== train);
  return shellWord(`train=${train}${test === undefined ? '' : `,test=${test}`}`);
}

/** In quotes if a shell needs them. */
function shellWord(text: string): string {
  return /^[\w=,./-]+$/.test(text) ? text : `"${text}"`;
}

export function splitsInClasses(
  tree: FolderTree,
  classes: readonly FolderTree[],
  splits: readonly string[],
): DataError {
  return new DataError(
    `${tree.path}: ${quoted(classes)} contain splits (${formatList(splits, NAMED)}) each; expected split folders with the ` +
      'class folders in them. Move the folders, or use --split-folders none (in a program: splitFolders) to split all images ' +
      'of each class again.',
  );
}

export function splitTwice(tree: FolderTree, split: SplitName, folders: readonly FolderTree[]): DataError {
  return new DataError(
    `${tree.path}: ${folders.map(({ name }) => name).join(' and ')} both mean ${split}; keep one of the folders, or choose by ` +
      `--split-folders ${shellWord(`${split}=${folders[0].name},...`)} (none if all are classes; in a program: splitFolders).`,
  );
}

/** Folders such as `trainA`, `trainB`, `testA` and `testB` with images in them. */
export function splitOfEachClass(tree: FolderTree, folders: readonly FolderTree[]): DataError {
  return new DataError(
    `${tree.path}: ${quoted(folders)} have names of splits, several of each, but contain images without class folders; ` +
      'expected one folder per split with the class folders in it, such as train/A and train/B. Move the folders, or use ' +
      '--split-folders none (in a program: splitFolders) if they are the classes.',
  );
}

/** `"a", "b", 3 more` */
export function quoted(folders: readonly FolderTree[]): string {
  const names = folders.slice(0, NAMED).map(({ name }) => `"${name}"`);
  return [...names, ...(folders.length > NAMED ? [`${folders.length - NAMED} more`] : [])].join(', ');
}
