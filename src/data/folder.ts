// Users' own pictures: `folder:DIR`, one sub-folder per class.
import { basename } from 'node:path';
import { DataError } from '../tensor/errors.ts';
import { type Dataset, type SplitDataset, type SplitName, splitNames } from './dataset.ts';
import { FileDataset, imageExtensions, type LabelledFile } from './files.ts';
import { type SplitOptions, splitOfName, stratifiedSplit } from './split.ts';
import { describePassedOver, imagesBelow, type PassedOver, type Place, visibleIn } from './walk.ts';

const LAYOUT = 'expected one sub-folder per class, with the images of that class in it';

export interface FolderOptions extends SplitOptions {
  /**
   * The classes to use, in order, for example those of a checkpoint. The folder may then lack some of them, but have
   * no others. If left out, the sorted names of the sub-folders are the classes.
   */
  readonly classes?: readonly string[] | undefined;
  /** Largest width x height of an image. */
  readonly maxPixels?: number | undefined;
}

/** A sub-folder, and the class it is for: its name in composed Unicode, which a Mac's file names are not. */
interface ClassFolder extends Place {
  readonly name: string;
}

/**
 * Opens a folder of images with one sub-folder per class. If all sub-folders are called train, valid (or val,
 * validation) and test, they are the parts and hold the classes; a part that is missing is empty. Otherwise the
 * parts are drawn by class and seed, 80/10/10 unless `options` says otherwise (see `stratifiedSplit`).
 * Files are known by their extension, sorted by path, and read when they are asked for; names that start with a dot
 * are passed over. `notes` of the result says what else is.
 * @throws DataError if there is no such folder, or its layout is another
 */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<SplitDataset> {
  const name = `folder:${folder}`;
  const passedOver: PassedOver = { files: [], loops: 0, deadLinks: 0 };
  const subfolders = await foldersIn({ path: folder, through: [] }, passedOver);
  const data = (await holdsParts(subfolders, passedOver))
    ? await openParts(folder, subfolders, options, passedOver)
    : await openClasses(folder, subfolders, options, passedOver);
  const rest = describePassedOver(passedOver);
  return { name, ...data, ...(rest !== '' && { notes: [`${folder}: passed over ${rest}.`] }) };
}

type Opened = Omit<SplitDataset, 'name' | 'notes'>;

async function openClasses(
  folder: string,
  subfolders: readonly ClassFolder[],
  options: FolderOptions,
  passedOver: PassedOver,
): Promise<Opened> {
  const classes = options.classes ?? subfolders.map(({ name }) => name);
  checkClasses(folder, classes, subfolders, options.classes !== undefined);
  const files = await filesOf(subfolders, classes, passedOver);
  const all = new FileDataset(classes, files, options.maxPixels);
  return { classes, splits: stratifiedSplit(all, options), all };
}

/** True if every sub-folder is called like a part and holds sub-folders itself. */
async function holdsParts(subfolders: readonly ClassFolder[], passedOver: PassedOver): Promise<boolean> {
  if (subfolders.length === 0 || subfolders.some(({ name }) => splitOfName(name) === undefined)) {
    return false;
  }
  const inside = await Promise.all(subfolders.map((part) => visibleIn(part, { ...passedOver })));
  return inside.every(({ folders }) => folders.length > 0);
}

async function openParts(
  folder: string,
  parts: readonly ClassFolder[],
  options: FolderOptions,
  passedOver: PassedOver,
): Promise<Opened> {
  const twice = splitNames.find(
    (split) => parts.filter(({ name }) => splitOfName(name) === split).length > 1,
  );
  if (twice !== undefined) {
    const names = parts.map(({ name }) => name).join(' and ');
    throw new DataError(`${folder}: ${names} name ${twice} twice; keep one of the folders.`);
  }
  const inside = await Promise.all(parts.map((part) => foldersIn(part, passedOver)));
  const first = Math.max(
    0,
    parts.findIndex(({ name }) => splitOfName(name) === 'train'),
  );
  const classes = options.classes ?? inside[first]!.map(({ name }) => name);
  const given = options.classes !== undefined;
  const splits: Partial<Record<SplitName, Dataset>> = {};
  for (const [place, { path, name }] of parts.entries()) {
    checkClasses(path, classes, inside[place]!, given || place !== first);
    const files = await filesOf(inside[place]!, classes, passedOver);
    splits[splitOfName(name)!] = new FileDataset(classes, files, options.maxPixels);
  }
  const empty = new FileDataset(classes, []);
  const { train = empty, valid = empty, test = empty } = splits;
  return { classes, splits: { train, valid, test } };
}

/** @param given whether the classes come from elsewhere: this folder may then have only some of them */
function checkClasses(
  folder: string,
  classes: readonly string[],
  present: readonly ClassFolder[],
  given: boolean,
): void {
  const unknown = present.filter(({ name }) => !classes.includes(name));
  if (unknown.length > 0) {
    throw new DataError(
      `${folder}: ${unknown.map(({ name }) => `"${name}"`).join(', ')} is none of the classes ${classes.join(', ')}; ` +
        'rename or remove the sub-folder.',
    );
  }
  if (given || present.length > 1) return;
  throw new DataError(
    `${folder}: has only one class, "${present[0]!.name}"; put the images of the other classes into sub-folders beside it.`,
  );
}

async function filesOf(
  present: readonly ClassFolder[],
  classes: readonly string[],
  passedOver: PassedOver,
): Promise<LabelledFile[]> {
  const files: LabelledFile[] = [];
  for (const folder of present) {
    const label = classes.indexOf(folder.name);
    for (const path of await imagesOfClass(folder, passedOver)) files.push({ path, label });
  }
  return files;
}

async function imagesOfClass(folder: ClassFolder, passedOver: PassedOver): Promise<string[]> {
  const before = passedOver.files.length;
  const images = await imagesBelow(folder, passedOver);
  if (images.length > 0) return images;
  const others = passedOver.files.slice(before);
  const found =
    others.length === 0 ? 'it is empty' : `it holds ${others.length} other files, such as ${others[0]}`;
  throw new DataError(
    `${folder.path}: the class "${folder.name}" has no images (${found}); add files named ${imageExtensions.join(', ')}, ` +
      'or remove the folder.',
  );
}

/** The sub-folders, sorted by the code units of their names; a folder without any is refused with what it holds instead. */
async function foldersIn(place: Place, passedOver: PassedOver): Promise<ClassFolder[]> {
  const { folders, files } = await visibleIn(place, passedOver).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      `${place.path}: cannot be opened as a folder (${error.code ?? error.message}); ${LAYOUT}.`,
    );
  });
  if (folders.length > 0) {
    const named = folders.map((folder) => ({ ...folder, name: basename(folder.path).normalize() }));
    return named.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
  const found = files.length === 0 ? 'is empty' : `holds ${files.length} files but no sub-folders`;
  throw new DataError(`${place.path}: ${found}; ${LAYOUT}.`);
}
