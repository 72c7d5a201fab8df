// How a folder of images is to be read: its sub-folders are the classes, or splits that hold the classes.
import { DataError } from '../tensor/errors.ts';
import type { SplitName } from './dataset.ts';
import { splitOfName } from './split.ts';
import { isFillerName, mentionsSplit, type SplitFolders, splitsByName } from './split-folders.ts';
import { type FolderTree, holdsImages } from './walk.ts';

/** Names that are listed in a message. */
const NAMED = 5;

/** A folder that holds class folders, and the split it is. */
export interface SplitFolder {
  readonly split: SplitName;
  readonly tree: FolderTree;
}

interface Notes {
  /** Assumptions that were made, a sentence each without a full stop. */
  readonly notes: readonly string[];
}

export type Layout = Notes &
  (
    | { readonly kind: 'classes'; readonly folder: string; readonly classes: readonly FolderTree[] }
    | { readonly kind: 'splits'; readonly splits: readonly SplitFolder[] }
    /** Splits that hold images, but no class folders. */
    | { readonly kind: 'flat-splits'; readonly splits: readonly SplitFolder[] }
    /** Images without any class folder. */
    | { readonly kind: 'images'; readonly tree: FolderTree }
  );

export interface LayoutOptions {
  /** Classes that are known; a folder whose sub-folders are all among them is not looked at further. */
  readonly classes?: readonly string[] | undefined;
  /** Which sub-folders are splits; found out by default. */
  readonly splitFolders?: SplitFolders | undefined;
}

/**
 * Finds out how a folder is to be read.
 * @throws DataError that explains both readings if neither the names of the sub-folders nor what is in them decide
 */
export function findLayout(tree: FolderTree, { classes, splitFolders }: LayoutOptions = {}): Layout {
  if (splitFolders === 'none') {
    const chain = upTo(tree, ({ folders }) => folders.length > 1);
    return within(chain, ({ path, folders }) => ({
      kind: 'classes',
      folder: path,
      classes: folders,
      notes: [],
    }));
  }
  if (splitFolders) {
    const names = Object.values(splitFolders).map((name) => name.normalize());
    const chain = upTo(tree, ({ folders }) =>
      names.every((name) => folders.some((folder) => folder.name === name)),
    );
    return within(chain, (folder) => chosenSplits(folder, splitFolders));
  }
  const isKnown =
    classes && tree.folders.length > 0 && tree.folders.every(({ name }) => classes.includes(name));
  if (isKnown) return { kind: 'classes', folder: tree.path, classes: tree.folders, notes: [] };
  return within(unwrapped(tree), (folder) => splitsIn(folder) ?? classesIn(folder));
}

/** The layout of the last folder of a chain, with a note if that is not the first. */
function within(chain: readonly FolderTree[], layoutOf: (folder: FolderTree) => Layout): Layout {
  const [outer, inner] = [chain[0]!, chain.at(-1)!];
  const layout = layoutOf(inner);
  if (inner === outer) return layout;
  return {
    ...layout,
    notes: [`read ${inner.path}, which holds all images of ${outer.path}`, ...layout.notes],
  };
}

/** A folder, the only one that it holds, the only one that this holds, and so on. */
function chainFrom(tree: FolderTree): FolderTree[] {
  const chain = [tree];
  for (let next = wrappedIn(tree); next !== undefined; next = wrappedIn(next)) chain.push(next);
  return chain;
}

/** The chain up to the first folder that is right; the folder alone if none is. */
function upTo(tree: FolderTree, isRight: (folder: FolderTree) => boolean): FolderTree[] {
  const chain = chainFrom(tree);
  return chain.slice(0, Math.max(chain.findIndex(isRight), 0) + 1);
}

/** The chain up to the folder that holds the splits or classes. */
function unwrapped(tree: FolderTree): FolderTree[] {
  const chain = chainFrom(tree);
  // A folder that holds a single one with images is a class of a deeper tree, unless the name of that says nothing.
  while (chain.length > 1 && !isWorthOpening(chain.at(-1)!, chain.at(-2)!)) chain.pop();
  return chain;
}

function isWorthOpening(inner: FolderTree, outer: FolderTree): boolean {
  return inner.folders.length > 1 || splitsIn(inner) !== undefined || saysNothing(inner, outer);
}

function saysNothing(inner: FolderTree, outer: FolderTree): boolean {
  return inner.name === outer.name || isFillerName(inner.name);
}

function wrappedIn(tree: FolderTree): FolderTree | undefined {
  if (tree.images.length > 0 || tree.folders.length === 0) return undefined;
  if (splitsByName(tree.folders.map(({ name }) => name)).some((split) => split !== undefined))
    return undefined;
  const [only, ...others] = tree.folders.filter(holdsImages);
  if (only === undefined || others.length > 0) return undefined;
  // Beside annotations without images, only a name such as `images` shows that it is no class.
  return tree.folders.length === 1 || isFillerName(only.name) ? only : undefined;
}

/** The class folders in a split: those in the folder itself, or in the only one that it holds. */
function classFolders(split: FolderTree): readonly FolderTree[] {
  return innermost(split).folders;
}

function innermost(split: FolderTree): FolderTree {
  return unwrapped(split).at(-1)!;
}

/** The reading as splits; undefined if nothing speaks for it. */
function splitsIn(tree: FolderTree): Layout | undefined {
  const named = splitsByName(tree.folders.map(({ name }) => name));
  const splits = tree.folders.flatMap((folder, i) => {
    const split = named[i];
    return split === undefined ? [] : [{ split, tree: innermost(folder) }];
  });
  if (splits.length === 0) return undefined;
  const others = tree.folders.filter((folder, i) => named[i] === undefined && holdsImages(folder));
  const withClasses = splits.filter((split) => split.tree.folders.length > 0);
  if (withClasses.length === 0) return flatSplits(tree, splits, others);
  checkOnce(
    tree,
    splits,
    tree.folders.filter((_, i) => named[i] !== undefined),
  );
  const unusual = tree.folders.flatMap(({ name }, i) =>
    named[i] === undefined || splitOfName(name) === named[i] ? [] : [`"${name}" as ${named[i]}`],
  );
  const read = unusual.length > 0 ? [`read the split folders ${unusual.join(', ')}`] : [];
  if (others.length === 0) return { kind: 'splits', splits, notes: read };
  const layout = splitsBeside(tree, splits, others);
  return { ...layout, notes: [...read, ...layout.notes] };
}

/** Folders named as splits that hold no class folders. */
function flatSplits(
  tree: FolderTree,
  splits: readonly SplitFolder[],
  others: readonly FolderTree[],
): Layout | undefined {
  const kinds = new Set(splits.map(({ split }) => split));
  if (kinds.size < splits.length) return undefined;
  if (others.length === 0) return { kind: 'flat-splits', splits, notes: [] };
  if (!kinds.has('train') || kinds.size < 2) return undefined;
  throw twoReadings(
    tree,
    `${quoted(splits.map((split) => split.tree))} have the names of splits, but ${quoted(others)} ${isOrAre(others)} none`,
  );
}

/** Splits with other folders beside them, which hold images too. */
function splitsBeside(
  tree: FolderTree,
  splits: readonly SplitFolder[],
  others: readonly FolderTree[],
): Layout {
  const known = splits.flatMap((split) => split.tree.folders.map(({ name }) => name));
  const isSplit = (folder: FolderTree) => haveSameNames(classFolders(folder), new Set(known.map(foldedName)));
  const isRest = (folder: FolderTree) => classFolders(folder).length === 0 || splitsIn(folder) !== undefined;
  const like = others.filter(isSplit);
  const kinds = splits.map(({ split }) => split);
  const [only] = like;
  const rest = others.filter((folder) => folder !== only);
  const canBeTest =
    like.length === 1 && !mentionsSplit(only!.name) && kinds.includes('train') && !kinds.includes('test');
  const isClear = kinds.length > 1 || canBeTest;
  if (isClear && (like.length === 0 || canBeTest) && rest.every(isRest)) {
    const test = canBeTest ? [{ split: 'test' as const, tree: innermost(only!) }] : [];
    const notes = [
      ...(canBeTest
        ? [`read "${only!.name}" as the test split, because it holds the same class folders as train`]
        : []),
      ...rest.map(
        (folder) =>
          `left out "${folder.name}" beside the splits, because it holds no class folders besides theirs`,
      ),
    ];
    return { kind: 'splits', splits: [...splits, ...test], notes };
  }
  throw twoReadings(
    tree,
    `${quoted(tree.folders.filter((folder) => !others.includes(folder) && holdsImages(folder)))} ` +
      `${splits.length === 1 ? 'has the name of a split and holds' : 'have the names of splits and hold'} folders (${shortenedNames(new Set(known))}), ` +
      `but ${quoted(others)} ${isOrAre(others)} no split by name`,
  );
}

/** The reading as classes. */
function classesIn(tree: FolderTree): Layout {
  if (tree.folders.length === 0) return { kind: 'images', tree, notes: [] };
  const names = new Set(tree.folders.map(({ name }) => name));
  const copies = tree.folders.filter(
    ({ folders }) => folders.length > 1 && folders.every(({ name }) => names.has(name)),
  );
  const classes = tree.folders.filter((folder) => !copies.includes(folder));
  checkInside(tree, classes);
  const notes = copies.map(
    ({ path }) => `left out ${path}, because it holds folders of the same names as those beside it`,
  );
  return { kind: 'classes', folder: tree.path, classes, notes };
}

/** Refuses folders that hold the same sub-folders, which may be the classes. */
function checkInside(tree: FolderTree, classes: readonly FolderTree[]): void {
  const present = classes.filter(holdsImages);
  const deep = present.filter((folder) => classFolders(folder).length > 1);
  if (deep.length < 2 || 2 * deep.length <= present.length) return;
  const [first, ...rest] = deep.map((folder) => classFolders(folder).map(({ name }) => name));
  const shared = first!.filter((name) =>
    rest.every((names) => names.some((other) => foldedName(other) === foldedName(name))),
  );
  if (shared.length < 2) return;
  if (splitsByName(shared).every((split) => split !== undefined)) throw splitsInClasses(tree, deep, shared);
  throw twoReadings(tree, `${quoted(deep)} hold the same sub-folders (${shortenedNames(shared)})`, deep[0]);
}

function splitsInClasses(
  tree: FolderTree,
  classes: readonly FolderTree[],
  splits: readonly string[],
): DataError {
  return new DataError(
    `${tree.path}: ${quoted(classes)} hold splits (${shortenedNames(splits)}) each; expected the splits outside and the class ` +
      'folders in them. Move the folders, or give --split-folders none (in a program: splitFolders) to split all images of ' +
      'each class anew.',
  );
}

function chosenSplits(tree: FolderTree, chosen: Exclude<SplitFolders, 'none'>): Layout {
  const splits = Object.entries(chosen).map(([split, name]) => {
    const found = tree.folders.find((folder) => folder.name === name.normalize());
    if (found) return { split: split as SplitName, tree: innermost(found) };
    throw new DataError(
      `${tree.path}: has no sub-folder "${name}", which was to be the ${split} split; its sub-folders are ${quoted(tree.folders)}.`,
    );
  });
  const rest = tree.folders.filter(({ name }) => !Object.values(chosen).includes(name));
  const notes = rest.length > 0 ? [`left out ${quoted(rest)}, as split folders were given`] : [];
  return { kind: 'splits', splits, notes };
}

function checkOnce(tree: FolderTree, splits: readonly SplitFolder[], folders: readonly FolderTree[]): void {
  const twice = splits.find(({ split }, i) => splits.findIndex((other) => other.split === split) !== i);
  if (!twice) return;
  const same = folders.filter((_, i) => splits[i]!.split === twice.split);
  throw new DataError(
    `${tree.path}: ${same.map(({ name }) => name).join(' and ')} name ${twice.split} twice; keep one of the folders, or choose by ` +
      `--split-folders ${twice.split}=${same[0]!.name},... (in a program: splitFolders).`,
  );
}

/** What to do when sub-folders may be classes or splits. */
function twoReadings(tree: FolderTree, finding: string, inner?: FolderTree): DataError {
  const names = tree.folders.map(({ name }) => name);
  const open = inner ? `; to use one of them alone, name folder:${inner.path}` : '';
  return new DataError(
    `${tree.path}: ${finding}. The sub-folders can be the classes (${shortenedNames(names)}), or splits of one data set whose ` +
      'classes are the folders in them. For the first, give --split-folders none; for the second, say which is which, such as ' +
      `--split-folders ${exampleFor(names)} (in a program: splitFolders)${open}.`,
  );
}

/** `train=A,test=B`, by the names as far as these say it. */
function exampleFor(names: readonly string[]): string {
  const splits = splitsByName(names);
  const first = (split: SplitName) => names.find((_, i) => splits[i] === split);
  const train = first('train') ?? names.find((_, i) => splits[i] === undefined) ?? names[0];
  const test = first('test') ?? names.find((name) => name !== train);
  return `train=${train}${test === undefined ? '' : `,test=${test}`}`;
}

/** Whether most of the names on both sides are the same. */
function haveSameNames(folders: readonly FolderTree[], known: ReadonlySet<string>): boolean {
  const shared = folders.filter(({ name }) => known.has(foldedName(name))).length;
  return shared > 0 && 2 * shared > folders.length;
}

/** A name as people compare it: without regard to capitals and to spaces around it. */
export function foldedName(name: string): string {
  return name.normalize().trim().toLowerCase();
}

export function quoted(folders: readonly FolderTree[]): string {
  const names = folders.slice(0, NAMED).map(({ name }) => `"${name}"`);
  return [...names, ...(folders.length > NAMED ? [`${folders.length - NAMED} more`] : [])].join(', ');
}

function shortenedNames(names: Iterable<string>): string {
  const all = [...names];
  return [...all.slice(0, NAMED), ...(all.length > NAMED ? ['...'] : [])].join(', ');
}

function isOrAre(folders: readonly FolderTree[]): string {
  return folders.length === 1 ? 'is' : 'are';
}
