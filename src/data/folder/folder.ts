// Folders of images: `folder:DIR`, with a sub-folder per class, or with split folders that contain these.

import { stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import type { Dataset, SplitDataset, SplitName } from '../dataset.ts';
import { FileDataset, imageExtensions, type LabeledFile } from '../file-dataset.ts';
import { stratifiedSplit, trainOnly } from '../split.ts';
import { openByName, parseLabelPattern, patternOption, suggestPattern } from './file-name-labels.ts';
import { findLayout, foldedName, type Layout, type SplitFolder } from './layout.ts';
import { quoted } from './layout-errors.ts';
import { type FolderOptions, UNLABELED } from './options.ts';
import {
  describeOutsideLinks,
  describeSkipped,
  describeUnsupportedFiles,
  nothingSkipped,
  type Skipped,
} from './skipped.ts';
import { type FolderTree, imagesOf, otherFilesOf, readTree } from './walk.ts';

const LAYOUT = 'expected one sub-folder per class, with the images of that class in it';

/**
 * Opens a folder of images with one sub-folder per class, which may lie in split folders such as train, valid and test
 * (`findLayout` decides). A missing split is empty. Without split folders, images are split by class and seed, 80/10/10 by
 * default (see `stratifiedSplit`). Images are recognized by extension, sorted by path, and read on demand. `notes` of the
 * result lists assumptions and skipped files.
 * @throws DataError if there is no such folder, or it has another layout
 */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<SplitDataset> {
  const { labelPattern } = options;
  const opener = new Opener(
    options,
    labelPattern === undefined ? undefined : parseLabelPattern(labelPattern),
  );
  const { classes, splits, all } = await opener.open(folder);
  const notes = [...opener.notes, ...describeSkipped(folder, opener.skipped)];
  return {
    name: `folder:${folder}`,
    classes,
    splits,
    ...(all && { all }),
    ...(notes.length > 0 && { notes }),
  };
}

type Opened = Pick<SplitDataset, 'classes' | 'splits' | 'all'>;

/** Opens one folder, and collects notes. */
class Opener {
  readonly notes: string[] = [];
  readonly skipped: Skipped = nothingSkipped();
  private readonly options: FolderOptions;
  private readonly labelPattern: RegExp | undefined;

  constructor(options: FolderOptions, labelPattern: RegExp | undefined) {
    this.options = options;
    this.labelPattern = labelPattern;
  }

  async open(folder: string): Promise<Opened> {
    await checkFolder(folder);
    const tree = await readTree(folder, this.skipped, this.options);
    const layout = findLayout(tree, this.options);
    this.notes.push(...layout.notes.map((note) => `${folder}: ${note}.`));
    if (imagesOf(tree).length === 0) throw this.noImages(tree);
    return this.openLayout(layout, tree);
  }

  private openLayout(layout: Layout, tree: FolderTree): Opened {
    if (this.labelPattern) return this.openByName(layout, tree, this.labelPattern);
    switch (layout.kind) {
      case 'classes':
        this.skipped.images.push(...tree.images);
        return this.openClasses(layout.folder, layout.classes);
      case 'splits':
        this.skipped.images.push(...tree.images);
        return this.openSplits(layout.splits);
      case 'flat-splits':
        this.skipped.images.push(...tree.images);
        if (this.labelsAreOptional) return this.openFlatSplits(layout.splits);
        throw flatSplits(tree, layout.splits);
      case 'images':
        if (this.labelsAreOptional) return this.openImages(layout.tree);
        throw noClasses(layout.tree);
    }
  }

  private openByName(layout: Layout, tree: FolderTree, pattern: RegExp): Opened {
    const folders = 'splits' in layout ? layout.splits : [{ tree, split: undefined }];
    const parts = folders.map(({ tree, split }) => ({ folder: tree.path, images: imagesOf(tree), split }));
    const { notes, ...opened } = openByName(tree.path, parts, pattern, this.options);
    this.notes.push(...notes);
    return opened;
  }

  private get labelsAreOptional(): boolean {
    return this.options.labels === 'optional';
  }

  private openImages(tree: FolderTree): Opened {
    return { classes: [UNLABELED], splits: trainOnly(this.unlabeled(tree)) };
  }

  private openFlatSplits(folders: readonly SplitFolder[]): Opened {
    const opened = folders.map(({ split, tree }) => [split, this.unlabeled(tree)] as const);
    for (const { split, tree } of folders) {
      this.notes.push(`${tree.path}: read as the ${split} split without labels, as it has no class folders.`);
    }
    return { classes: [UNLABELED], splits: this.withEmpty(Object.fromEntries(opened), [UNLABELED]) };
  }

  private unlabeled(tree: FolderTree): Dataset {
    const files = imagesOf(tree).map((path) => ({ path, label: 0 }));
    return new FileDataset([UNLABELED], files, this.options);
  }

  private openClasses(folder: string, folders: readonly FolderTree[]): Opened {
    const classes = this.options.classes ?? this.classNames(folder, folders);
    const all = this.datasetOf(folder, folders, classes, this.options.classes !== undefined);
    return { classes, splits: stratifiedSplit(all, this.options), all };
  }

  private openSplits(folders: readonly SplitFolder[]): Opened {
    const withClasses = folders.filter(({ tree }) => tree.folders.length > 0);
    const first = withClasses.find(({ split }) => split === 'train') ?? withClasses[0] ?? folders[0];
    const classes = this.options.classes ?? this.classNames(first.tree.path, first.tree.folders);
    const splits: Partial<Record<SplitName, Dataset>> = {};
    for (const folder of folders) {
      const { tree, split } = folder;
      this.skipped.images.push(...tree.images);
      const mayBeEmpty = folder !== first || this.options.classes !== undefined;
      splits[split] = this.datasetOf(tree.path, tree.folders, classes, mayBeEmpty);
    }
    return { classes, splits: this.withEmpty(splits, classes) };
  }

  private withEmpty(
    splits: Partial<Record<SplitName, Dataset>>,
    classes: readonly string[],
  ): SplitDataset['splits'] {
    const empty = new FileDataset(classes, []);
    const { train = empty, valid = empty, test = empty } = splits;
    return { train, valid, test };
  }

  private classNames(folder: string, folders: readonly FolderTree[]): string[] {
    const names = [...new Set(folders.map(({ name }) => name))];
    const alike = names.filter((name) => names.some((other) => isAlike(name, other)));
    if (alike.length > 0) {
      this.notes.push(
        `${folder}: the classes ${alike.map((name) => `"${name}"`).join(', ')} differ only in case or spaces.`,
      );
    }
    return names;
  }

  /** @param mayBeEmpty whether classes without images are allowed and noted, and a single class is allowed */
  private datasetOf(
    folder: string,
    folders: readonly FolderTree[],
    classes: readonly string[],
    mayBeEmpty: boolean,
  ): FileDataset {
    const isFree = mayBeEmpty || this.labelsAreOptional;
    if (!isFree && folders.length === 1) throw oneClass(folder, folders[0]);
    const files: LabeledFile[] = [];
    for (const [tree, label] of this.labeled(folder, folders, classes)) {
      const images = imagesOf(tree);
      for (const path of images) files.push({ path, label });
      if (images.length > 0) continue;
      if (!isFree) throw this.emptyClass(tree);
      this.skipped.emptyClasses.push(tree.path);
    }
    return new FileDataset(classes, files, this.options);
  }

  /** The class of each folder: the one with its name, or the only one that differs only in case and spaces. */
  private labeled(
    folder: string,
    folders: readonly FolderTree[],
    classes: readonly string[],
  ): (readonly [tree: FolderTree, label: number])[] {
    const alike = folders.map(({ name }) =>
      classes.includes(name) ? [name] : classes.filter((known) => isAlike(known, name)),
    );
    const unknown = folders.filter((_, i) => alike[i].length !== 1);
    if (unknown.length > 0) throw unknownClasses(folder, unknown, classes);
    const renamed = folders.flatMap(({ name }, i) =>
      alike[i][0] === name ? [] : [`"${name}" as "${alike[i][0]}"`],
    );
    if (renamed.length > 0) this.notes.push(`${folder}: read the class folders ${renamed.join(', ')}.`);
    return folders.map((tree, i) => [tree, classes.indexOf(alike[i][0])] as const);
  }

  private noImages(tree: FolderTree): DataError {
    const { path, folders, others } = tree;
    const unusable = this.unusable(tree);
    if (unusable !== undefined) return new DataError(`${path}: has only ${unusable}.`);
    if (folders.length === 0 && others.length === 0) return new DataError(`${path}: is empty; ${LAYOUT}.`);
    return new DataError(
      `${path}: has no images (${found(tree)}); add files named ${imageExtensions.join(', ')}.`,
    );
  }

  private emptyClass(tree: FolderTree): DataError {
    const what = `${tree.path}: the class "${tree.name}"`;
    const unusable = this.unusable(tree);
    if (unusable !== undefined) return new DataError(`${what} has only ${unusable}.`);
    return new DataError(
      `${what} has no images (${found(tree)}); add files named ${imageExtensions.join(', ')}, or remove the folder.`,
    );
  }

  /** Images in a tree that cannot be used but could be converted or linked, and how. */
  private unusable(tree: FolderTree): string | undefined {
    const links = this.skipped.outsideLinks.filter((path) => path.startsWith(join(tree.path, sep)));
    const found = [
      ...describeUnsupportedFiles(otherFilesOf(tree)),
      ...(links.length > 0 ? [describeOutsideLinks(links)] : []),
    ];
    return found.length > 0 ? found.join('; ') : undefined;
  }
}

function found(tree: FolderTree): string {
  const others = otherFilesOf(tree);
  if (others.length === 0) return 'it is empty';
  return `it has ${formatCount(others.length, 'other file')}, such as ${others[0]}`;
}

/** Whether two names differ only in case or spaces. */
function isAlike(name: string, other: string): boolean {
  return name !== other && foldedName(name) === foldedName(other);
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
  if (typeof found !== 'string' && found.isDirectory()) return;
  const reason = typeof found === 'string' ? found : 'ENOTDIR';
  throw new DataError(`${folder}: cannot be opened as a folder (${reason}); ${LAYOUT}.`);
}

/** How to read labels from file names, with a pattern if one matches. */
function labelAdvice(images: readonly string[]): string {
  const pattern = suggestPattern(images);
  return pattern === undefined
    ? 'if the file names contain the labels, such as cat.0.jpg, use --label-pattern'
    : `if the file names contain the labels, use ${patternOption(pattern)}`;
}

function noClasses({ path, images }: FolderTree): DataError {
  return new DataError(
    `${path}: has ${formatCount(images.length, 'image')}, but no sub-folders; ${LAYOUT}, or ${labelAdvice(images)}.`,
  );
}

function flatSplits(tree: FolderTree, splits: readonly SplitFolder[]): DataError {
  const folders = splits.map((split) => split.tree);
  const labeled = splits.find(({ split }) => split === 'train') ?? splits[0]; // File names of a test split may have no labels.
  return new DataError(
    `${tree.path}: ${quoted(folders)} have names of splits, but contain images without class folders; expected one ` +
      `sub-folder per class in each, or ${labelAdvice(imagesOf(labeled.tree))}. If they are the classes, use --split-folders none.`,
  );
}

function unknownClasses(
  folder: string,
  unknown: readonly FolderTree[],
  classes: readonly string[],
): DataError {
  return new DataError(
    `${folder}: ${quoted(unknown)} ${unknown.length === 1 ? 'is not one' : 'are not'} of the classes ${classes.join(', ')}; rename or ` +
      `remove the ${unknown.length === 1 ? 'sub-folder' : 'sub-folders'}.`,
  );
}

function oneClass(folder: string, only: FolderTree): DataError {
  const { length } = only.folders;
  const advice =
    length > 1
      ? `if the classes are the ${length} sub-folders in it, use folder:${only.path}`
      : 'put the images of the other classes into sub-folders beside it';
  return new DataError(`${folder}: has only one class, "${only.name}"; ${advice}.`);
}
