// Users' own pictures: `folder:DIR`, one sub-folder per class.
import { basename, join } from 'node:path';
import type { DecodeSettings } from '../image/decode.ts';
import { DataError } from '../tensor/errors.ts';
import { type Dataset, type SplitDataset, type SplitName, splitNames } from './dataset.ts';
import { openByName, optionFor, suggestPattern } from './file-name-labels.ts';
import { FileDataset, imageExtensions, isImageName, type LabelledFile } from './files.ts';
import { allInTrain, type SplitOptions, splitOfName, stratifiedSplit } from './split.ts';
import {
  describePassedOver,
  imagesBelow,
  nothingPassedOver,
  type PassedOver,
  type Place,
  visibleIn,
} from './walk.ts';

const LAYOUT = 'expected one sub-folder per class, with the images of that class in it';

/** The only class of images that have none. */
export const UNLABELLED = 'unlabelled';

export interface FolderOptions extends SplitOptions, DecodeSettings {
  /**
   * The classes to use, in order, for example those of a checkpoint. The folder may then lack some of them, but have
   * no others. If left out, the sorted names of the sub-folders are the classes.
   */
  readonly classes?: readonly string[] | undefined;
  /**
   * Whether what training cannot use is refused, as it is if left out: a single class, one without images, and images
   * of no class. Where labels are optional these are taken as they are, and images of no class are all in train.
   */
  readonly labels?: 'required' | 'optional' | undefined;
  /**
   * Regular expression with one group that finds the label in the name of a file, for folders without sub-folders of classes,
   * such as `^(.+)_\\d+` for Abyssinian_1.jpg.
   */
  readonly labelPattern?: string | undefined;
}

/** A sub-folder, and the class it is for: its name in composed Unicode, which a Mac's file names are not. */
interface ClassFolder extends Place {
  readonly name: string;
}

/**
 * Opens a folder of images with one sub-folder per class. If its sub-folders are called train, valid and test, or other words
 * for these, they are the parts and hold the classes; a part that is missing is empty. Otherwise the parts are drawn by
 * class and seed, 80/10/10 unless `options` says otherwise (see `stratifiedSplit`).
 * Files are known by their extension, sorted by path, and read when they are asked for; names that start with a dot
 * are passed over. `notes` of the result says what else is.
 * @throws DataError if there is no such folder, or its layout is another
 */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<SplitDataset> {
  const passedOver = nothingPassedOver();
  const data = await openLayout(folder, options, passedOver);
  if (splitNames.every((split) => data.splits[split].length === 0)) {
    throw new DataError(`${folder}: has no images; add files named ${imageExtensions.join(', ')}.`);
  }
  const rest = describePassedOver(passedOver);
  return {
    name: `folder:${folder}`,
    ...data,
    notes: [...(data.notes ?? []), ...(rest === '' ? [] : [`${folder}: passed over ${rest}.`])],
  };
}

type Opened = Omit<SplitDataset, 'name'>;

async function openLayout(folder: string, options: FolderOptions, passedOver: PassedOver): Promise<Opened> {
  const content = await contentOf({ path: folder, through: [] }, passedOver);
  const { folders, images, fileCount } = content;
  const { labelPattern } = options;
  if (labelPattern !== undefined)
    return openByName(folder, folders, { ...options, labelPattern }, passedOver);
  if (folders.length === 0 && images.length > 0 && options.labels === 'optional') {
    return openUnlabelled(images, options);
  }
  if (folders.length === 0) {
    const found = fileCount === 0 ? 'is empty' : `holds ${fileCount} files but no sub-folders`;
    const pattern = suggestPattern(images);
    const byName =
      pattern === undefined ? '' : `; for labels in the names of files give ${optionFor(pattern)}`;
    throw new DataError(`${folder}: ${found}; ${LAYOUT}${byName}.`);
  }
  passedOver.images.push(...images);
  return (await areParts(folder, folders))
    ? openParts(folder, folders, options, passedOver)
    : openClasses(folder, folders, options, passedOver);
}

function openUnlabelled(images: readonly string[], options: FolderOptions): Opened {
  const classes = [UNLABELLED];
  const files = images.map((path) => ({ path, label: 0 }));
  return { classes, splits: allInTrain(new FileDataset(classes, files, options)) };
}

async function openClasses(
  folder: string,
  subfolders: readonly ClassFolder[],
  options: FolderOptions,
  passedOver: PassedOver,
): Promise<Opened> {
  const classes = options.classes ?? subfolders.map(({ name }) => name);
  checkKnown(folder, classes, subfolders);
  const [only, ...others] = subfolders;
  const isFree = options.classes !== undefined || options.labels === 'optional';
  if (!isFree && others.length === 0) throw await oneClass(folder, only!);
  const files = await filesOf(subfolders, classes, passedOver, isFree);
  const all = new FileDataset(classes, files, options);
  return { classes, splits: stratifiedSplit(all, options), all };
}

/**
 * Whether the sub-folders are parts: all are called so, and one at least holds sub-folders itself.
 * @throws DataError if several are parts, but others are not
 */
async function areParts(folder: string, subfolders: readonly ClassFolder[]): Promise<boolean> {
  const named = subfolders.filter(({ name }) => splitOfName(name) !== undefined);
  const inside = await Promise.all(named.map((place) => visibleIn(place, nothingPassedOver())));
  const parts = named.filter((_, i) => inside[i]!.folders.length > 0);
  const others = subfolders.filter((place) => !named.includes(place));
  if (others.length === 0 || parts.length < 2) return others.length === 0 && parts.length > 0;
  throw new DataError(
    `${folder}: ${quoted(parts)} are the parts of a data set, with classes in them, but ${quoted(others)} is none; move ` +
      'it elsewhere, or rename the others if all are classes.',
  );
}

async function openParts(
  folder: string,
  parts: readonly ClassFolder[],
  options: FolderOptions,
  passedOver: PassedOver,
): Promise<Opened> {
  checkOnce(folder, parts);
  const contents = await Promise.all(parts.map((part) => contentOf(part, passedOver)));
  for (const { images } of contents) passedOver.images.push(...images);
  const isTrain = ({ name }: ClassFolder, i: number) =>
    splitOfName(name) === 'train' && contents[i]!.folders.length > 0;
  const first = Math.max(parts.findIndex(isTrain), 0);
  const classes = options.classes ?? contents[first]!.folders.map(({ name }) => name);
  const splits: Partial<Record<SplitName, Dataset>> = {};
  for (const [place, { path, name }] of parts.entries()) {
    const { folders } = contents[place]!;
    checkKnown(path, classes, folders);
    const isFree = place !== first || options.classes !== undefined || options.labels === 'optional';
    if (!isFree && folders.length === 1) throw await oneClass(path, folders[0]!);
    const files = await filesOf(folders, classes, passedOver, isFree);
    splits[splitOfName(name)!] = new FileDataset(classes, files, options);
  }
  const empty = new FileDataset(classes, []);
  const { train = empty, valid = empty, test = empty } = splits;
  return { classes, splits: { train, valid, test } };
}

function checkOnce(folder: string, parts: readonly ClassFolder[]): void {
  for (const split of splitNames) {
    const same = parts.filter(({ name }) => splitOfName(name) === split);
    if (same.length < 2) continue;
    const names = same.map(({ name }) => name).join(' and ');
    throw new DataError(`${folder}: ${names} name ${split} twice; keep one of the folders.`);
  }
}

function checkKnown(folder: string, classes: readonly string[], present: readonly ClassFolder[]): void {
  const unknown = present.filter(({ name }) => !classes.includes(name));
  if (unknown.length === 0) return;
  throw new DataError(
    `${folder}: ${quoted(unknown)} is none of the classes ${classes.join(', ')}; rename or remove the sub-folder.`,
  );
}

async function oneClass(folder: string, only: ClassFolder): Promise<DataError> {
  const inside = await visibleIn(only, nothingPassedOver());
  const advice =
    inside.folders.length > 1
      ? `if the classes are the ${inside.folders.length} sub-folders in it, name folder:${only.path}`
      : 'put the images of the other classes into sub-folders beside it';
  return new DataError(`${folder}: has only one class, "${only.name}"; ${advice}.`);
}

function quoted(folders: readonly ClassFolder[]): string {
  return folders.map(({ name }) => `"${name}"`).join(', ');
}

/** @param mayBeEmpty whether classes without images are passed over, or else refused */
async function filesOf(
  present: readonly ClassFolder[],
  classes: readonly string[],
  passedOver: PassedOver,
  mayBeEmpty: boolean,
): Promise<LabelledFile[]> {
  const files: LabelledFile[] = [];
  for (const folder of present) {
    const label = classes.indexOf(folder.name);
    const before = passedOver.files.length;
    const images = await imagesBelow(folder, passedOver);
    for (const path of images) files.push({ path, label });
    if (images.length > 0) continue;
    if (!mayBeEmpty) throw emptyClass(folder, passedOver.files.slice(before));
    passedOver.emptyClasses.push(folder.path);
  }
  return files;
}

function emptyClass({ path, name }: ClassFolder, others: readonly string[]): DataError {
  const found =
    others.length === 0 ? 'it is empty' : `it holds ${others.length} other files, such as ${others[0]}`;
  return new DataError(
    `${path}: the class "${name}" has no images (${found}); add files named ${imageExtensions.join(', ')}, ` +
      'or remove the folder.',
  );
}

interface Content {
  /** Sorted by the code units of their names. */
  readonly folders: readonly ClassFolder[];
  /** Paths of the images directly in the folder, sorted. */
  readonly images: readonly string[];
  readonly fileCount: number;
}

async function contentOf(place: Place, passedOver: PassedOver): Promise<Content> {
  const { folders, files } = await visibleIn(place, passedOver).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      `${place.path}: cannot be opened as a folder (${error.code ?? error.message}); ${LAYOUT}.`,
    );
  });
  passedOver.files.push(...files.filter((name) => !isImageName(name)));
  const named = folders.map((folder) => ({ ...folder, name: basename(folder.path).normalize() }));
  return {
    folders: named.sort((a, b) => (a.path < b.path ? -1 : 1)),
    images: files
      .filter(isImageName)
      .map((name) => join(place.path, name))
      .sort(),
    fileCount: files.length,
  };
}
