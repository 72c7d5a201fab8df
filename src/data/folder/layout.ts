// The layout of a folder of images: its sub-folders are the classes, or splits that contain the classes.

import { DataError } from '../../base/errors.ts';
import { last } from '../../base/lookup.ts';
import type { SplitName } from '../dataset.ts';
import { parseSplitName } from '../split.ts';
import {
  notAllSplits,
  quoted,
  sameInside,
  splitOfEachClass,
  splitsInClasses,
  splitTwice,
} from './layout-errors.ts';
import { isFillerName, mentionsSplit, type SplitFolders, splitsByName } from './split-folders.ts';
import { type FolderTree, holdsImages } from './walk.ts';

/** A folder with class folders, and its split. */
export interface SplitFolder {
  readonly split: SplitName;
  readonly tree: FolderTree;
}

interface Notes {
  /** Assumptions, one sentence each without a full stop. */
  readonly notes: readonly string[];
}

export type Layout = Notes &
  (
    | { readonly kind: 'classes'; readonly folder: string; readonly classes: readonly FolderTree[] }
    | { readonly kind: 'splits'; readonly splits: readonly SplitFolder[] }
    /** Splits with images, but without class folders. */
    | { readonly kind: 'flat-splits'; readonly splits: readonly SplitFolder[] }
    /** Images without class folders. */
    | { readonly kind: 'images'; readonly tree: FolderTree }
  );

export interface LayoutOptions {
  /** Known classes; if all sub-folders are among them, they are the class folders. */
  readonly classes?: readonly string[] | undefined;
  /** Which sub-folders are splits (default: detected). */
  readonly splitFolders?: SplitFolders | undefined;
}

/**
 * Detects the layout of a folder.
 * @throws DataError that explains both layouts if neither the names of the sub-folders nor their content decide
 */
export function findLayout(tree: FolderTree, { classes, splitFolders }: LayoutOptions = {}): Layout {
  if (splitFolders === 'none') {
    const chain = chainUntil(tree, ({ folders }) => folders.length > 1);
    return layoutAtEnd(chain, ({ path, folders }) => ({
      kind: 'classes',
      folder: path,
      classes: folders,
      notes: [],
    }));
  }
  if (splitFolders) {
    const names = Object.values(splitFolders).map((name) => name.normalize());
    const chain = chainUntil(tree, ({ folders }) =>
      names.every((name) => folders.some((folder) => folder.name === name)),
    );
    return layoutAtEnd(chain, (folder) => chosenSplits(folder, splitFolders));
  }
  const isKnown =
    classes && tree.folders.length > 0 && tree.folders.every(({ name }) => classes.includes(name));
  if (isKnown) return { kind: 'classes', folder: tree.path, classes: tree.folders, notes: [] };
  return layoutAtEnd(unwrapped(tree), (folder) => splitsIn(folder) ?? classesIn(folder));
}

/** The layout of the last folder of a chain, with a note if that is not the first. */
function layoutAtEnd(chain: readonly FolderTree[], layoutOf: (folder: FolderTree) => Layout): Layout {
  const [outer, inner] = [chain[0], last(chain)];
  const layout = layoutOf(inner);
  if (inner === outer) return layout;
  return {
    ...layout,
    notes: [`read ${inner.path}, which contains all images of ${outer.path}`, ...layout.notes],
  };
}

/** A folder, the only folder in it, the only folder in that, and so on. */
function chainFrom(tree: FolderTree): FolderTree[] {
  const chain = [tree];
  for (let next = onlyFolder(tree); next !== undefined; next = onlyFolder(next)) chain.push(next);
  return chain;
}

/** The chain up to the first matching folder; the first folder alone if none matches. */
function chainUntil(tree: FolderTree, matches: (folder: FolderTree) => boolean): FolderTree[] {
  const chain = chainFrom(tree);
  return chain.slice(0, Math.max(chain.findIndex(matches), 0) + 1);
}

/** The chain up to the folder with the splits or classes. */
function unwrapped(tree: FolderTree): FolderTree[] {
  const chain = chainFrom(tree);
  // A folder with a single folder of images is a class of a deeper tree, unless the inner name is uninformative.
  while (chain.length > 1 && !shouldUnwrap(last(chain), chain[chain.length - 2])) chain.pop();
  return chain;
}

function shouldUnwrap(inner: FolderTree, outer: FolderTree): boolean {
  return inner.folders.length > 1 || splitsIn(inner) !== undefined || isUninformative(inner, outer);
}

function isUninformative(inner: FolderTree, outer: FolderTree): boolean {
  return inner.name === outer.name || isFillerName(inner.name);
}

function onlyFolder(tree: FolderTree): FolderTree | undefined {
  if (tree.images.length > 0 || tree.folders.length === 0) return undefined;
  if (splitsByName(tree.folders.map(({ name }) => name)).some((split) => split !== undefined))
    return undefined;
  const [only, ...others] = tree.folders.filter(holdsImages);
  if (only === undefined || others.length > 0) return undefined;
  // Beside folders without images (annotations), only a name such as `images` shows that it is not a class.
  return tree.folders.length === 1 || isFillerName(only.name) ? only : undefined;
}

/** The class folders of a split: those in the folder itself, or in the only folder in it. */
function classFolders(split: FolderTree): readonly FolderTree[] {
  return innermost(split).folders;
}

function innermost(split: FolderTree): FolderTree {
  return last(unwrapped(split));
}

/** The layout with splits; undefined if no name suggests one. */
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
  const twice = splits.find(({ split }) => named.indexOf(split) !== named.lastIndexOf(split))?.split;
  if (twice)
    throw splitTwice(
      tree,
      twice,
      tree.folders.filter((_, i) => named[i] === twice),
    );
  const unusual = tree.folders.flatMap(({ name }, i) =>
    named[i] === undefined || parseSplitName(name) === named[i] ? [] : [`"${name}" as ${named[i]}`],
  );
  const read = unusual.length > 0 ? [`read the split folders ${unusual.join(', ')}`] : [];
  if (others.length === 0) return { kind: 'splits', splits, notes: read };
  const layout = splitsBeside(tree, splits, others);
  return { ...layout, notes: [...read, ...layout.notes] };
}

/** Folders with names of splits, but without class folders. */
function flatSplits(
  tree: FolderTree,
  splits: readonly SplitFolder[],
  others: readonly FolderTree[],
): Layout | undefined {
  const kinds = new Set(splits.map(({ split }) => split));
  if (kinds.size < splits.length) {
    if (kinds.size === 1 || others.length > 0) return undefined;
    throw splitOfEachClass(tree, tree.folders);
  }
  if (others.length === 0) return { kind: 'flat-splits', splits, notes: [] };
  if (!kinds.has('train') || kinds.size < 2) return undefined;
  throw notAllSplits(tree, splits.length, [], others);
}

/** Splits with other folders beside them that contain images too. */
function splitsBeside(
  tree: FolderTree,
  splits: readonly SplitFolder[],
  others: readonly FolderTree[],
): Layout {
  const classes = [...new Set(splits.flatMap((split) => split.tree.folders.map(({ name }) => name)))];
  const kinds = splits.map(({ split }) => split);
  const alike = others.filter((folder) => haveSameNames(classFolders(folder), classes));
  const fitting = findUnnamedSplit(alike, kinds);
  const rest = others.filter((folder) => folder !== fitting);
  const isClear = fitting !== undefined || (alike.length === 0 && kinds.length > 1);
  if (!isClear || !rest.every(hasNoClasses)) throw notAllSplits(tree, kinds.length, classes, others);
  const split = fitting && guessSplit(fitting.name, kinds);
  const notes = [
    ...(fitting
      ? [`read "${fitting.name}" as the ${split} split, because it has the same class folders as train`]
      : []),
    ...rest.map(
      ({ name }) => `skipped "${name}" beside the splits, because it has no class folders of its own`,
    ),
  ];
  return {
    kind: 'splits',
    splits: fitting && split ? [...splits, { split, tree: innermost(fitting) }] : splits,
    notes,
  };
}

/** The only folder beside train with the same classes, if there is no test. */
function findUnnamedSplit(alike: readonly FolderTree[], kinds: readonly SplitName[]): FolderTree | undefined {
  const [only, ...others] = alike;
  if (only === undefined || others.length > 0 || mentionsSplit(only.name)) return undefined;
  return kinds.includes('train') && !kinds.includes('test') ? only : undefined;
}

/** Words for validation start alike in many languages: Validierung, validación, validatie. */
function guessSplit(name: string, kinds: readonly SplitName[]): SplitName {
  return /^valid/i.test(name) && !kinds.includes('valid') ? 'valid' : 'test';
}

/** Whether a folder beside splits has images without classes, or another copy of the splits. */
function hasNoClasses(folder: FolderTree): boolean {
  return classFolders(folder).length === 0 || splitsIn(folder) !== undefined;
}

/** The layout without splits. */
function classesIn(tree: FolderTree): Layout {
  if (tree.folders.length === 0) return { kind: 'images', tree, notes: [] };
  const names = new Set(tree.folders.map(({ name }) => name));
  const copies = tree.folders.filter(
    ({ folders }) => folders.length > 1 && folders.every(({ name }) => names.has(name)),
  );
  const classes = tree.folders.filter((folder) => !copies.includes(folder));
  checkInside(tree, classes);
  const notes = copies.map(
    ({ path }) => `skipped ${path}, because it contains folders with the same names as those beside it`,
  );
  return { kind: 'classes', folder: tree.path, classes, notes };
}

/** Refuses folders that contain the same sub-folders, which may be the classes. */
function checkInside(tree: FolderTree, classes: readonly FolderTree[]): void {
  const present = classes.filter(holdsImages);
  const deep = present.filter((folder) => classFolders(folder).length > 1);
  if (deep.length < 2 || 2 * deep.length <= present.length) return;
  const [first, ...rest] = deep.map((folder) => classFolders(folder).map(({ name }) => name));
  const shared = first.filter((name) =>
    rest.every((names) => names.some((other) => foldedName(other) === foldedName(name))),
  );
  if (shared.length < 2) return;
  if (splitsByName(shared).every((split) => split !== undefined)) throw splitsInClasses(tree, deep, shared);
  throw sameInside(tree, deep, shared);
}

function chosenSplits(tree: FolderTree, chosen: Exclude<SplitFolders, 'none'>): Layout {
  const splits = Object.entries(chosen).map(([split, name]) => {
    const found = tree.folders.find((folder) => folder.name === name.normalize());
    if (found) return { split: split as SplitName, tree: innermost(found), name: found.name };
    throw new DataError(
      `${tree.path}: has no sub-folder "${name}" for the ${split} split; its sub-folders are ${quoted(tree.folders)}.`,
    );
  });
  const rest = tree.folders.filter((folder) => !splits.some(({ name }) => name === folder.name));
  const notes = rest.length > 0 ? [`skipped ${quoted(rest)}, as split folders were given`] : [];
  return { kind: 'splits', splits, notes };
}

/** Whether most folders have known names. */
function haveSameNames(folders: readonly FolderTree[], known: readonly string[]): boolean {
  const folded = new Set(known.map(foldedName));
  const shared = folders.filter(({ name }) => folded.has(foldedName(name))).length;
  return shared > 0 && 2 * shared > folders.length;
}

/** A name for comparison: lower case, trimmed, in composed Unicode. */
export function foldedName(name: string): string {
  return name.normalize().trim().toLowerCase();
}
