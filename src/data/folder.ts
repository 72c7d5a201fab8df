// Users' own pictures: `folder:DIR`, one sub-folder per class.
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { decodeImage } from '../image/decode.ts';
import { DataError } from '../tensor/errors.ts';
import { type Dataset, pick, type SplitDataset, type SplitName, splitNames } from './dataset.ts';
import { type SplitOptions, stratifiedSplit } from './split.ts';

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp', '.tif', '.tiff', '.avif'];
const LAYOUT = 'expected one sub-folder per class, with the images of that class in it';

// The names under which people keep the three parts.
const SPLIT_FOLDERS: Readonly<Record<string, SplitName>> = {
  train: 'train',
  valid: 'valid',
  val: 'valid',
  validation: 'valid',
  test: 'test',
};

export interface FolderOptions extends SplitOptions {
  /**
   * The classes to use, in order, for example those of a checkpoint. The folder may then lack some of them, but have
   * no others. If left out, the sorted names of the sub-folders are the classes.
   */
  readonly classes?: readonly string[] | undefined;
  /** Largest width x height of an image. */
  readonly maxPixels?: number | undefined;
}

interface File {
  readonly path: string;
  readonly label: number;
}

/**
 * Opens a folder of images with one sub-folder per class. If all sub-folders are called train, valid (or val,
 * validation) and test, they are the parts and hold the classes; a part that is missing is empty. Otherwise the
 * parts are drawn by class and seed, 80/10/10 unless `options` says otherwise (see `stratifiedSplit`).
 * Files are known by their extension, sorted by path, and read when they are asked for; names that start with a dot
 * are passed over.
 * @throws DataError if there is no such folder, or its layout is another
 */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<SplitDataset> {
  const name = `folder:${folder}`;
  const subfolders = await foldersIn(folder);
  if (await holdsParts(folder, subfolders)) return openParts(name, folder, subfolders, options);
  const classes = options.classes ?? subfolders;
  checkClasses(folder, classes, subfolders, options.classes !== undefined);
  const all = new FolderDataset(classes, await filesOf(folder, subfolders, classes), options.maxPixels);
  return { name, classes, splits: stratifiedSplit(all, options), all };
}

/** The images of a folder, read one by one. */
class FolderDataset implements Dataset {
  readonly classes: readonly string[];
  readonly length: number;
  private readonly files: readonly File[];
  private readonly limits: { maxPixels?: number };

  constructor(classes: readonly string[], files: readonly File[], maxPixels: number | undefined) {
    this.classes = classes;
    this.length = files.length;
    this.files = files;
    this.limits = maxPixels === undefined ? {} : { maxPixels };
  }

  label(index: number): number {
    return this.files[index]!.label;
  }

  async get(index: number) {
    const { path, label } = this.files[index]!;
    return { image: await decodeImage(path, this.limits), label };
  }

  describe(index: number): string {
    return this.files[index]!.path;
  }
}

/** True if every sub-folder is called like a part and holds sub-folders itself. */
async function holdsParts(folder: string, subfolders: readonly string[]): Promise<boolean> {
  if (subfolders.length === 0 || subfolders.some((name) => !Object.hasOwn(SPLIT_FOLDERS, name))) return false;
  const inside = await Promise.all(subfolders.map((name) => visibleIn(join(folder, name))));
  return inside.every(({ folders }) => folders.length > 0);
}

async function openParts(
  name: string,
  folder: string,
  parts: readonly string[],
  options: FolderOptions,
): Promise<SplitDataset> {
  const twice = splitNames.find((split) => parts.filter((part) => SPLIT_FOLDERS[part] === split).length > 1);
  if (twice !== undefined) {
    throw new DataError(`${folder}: ${parts.join(' and ')} name ${twice} twice; keep one of the folders.`);
  }
  const classesOf = new Map<string, string[]>();
  for (const part of parts) classesOf.set(part, await foldersIn(join(folder, part)));
  const first = parts.find((part) => SPLIT_FOLDERS[part] === 'train') ?? parts[0]!;
  const classes = options.classes ?? classesOf.get(first)!;
  const given = options.classes !== undefined;
  const splits: Partial<Record<SplitName, Dataset>> = {};
  for (const [part, present] of classesOf) {
    const place = join(folder, part);
    checkClasses(place, classes, present, given || part !== first);
    splits[SPLIT_FOLDERS[part]!] = new FolderDataset(
      classes,
      await filesOf(place, present, classes),
      options.maxPixels,
    );
  }
  const empty = pick(new FolderDataset(classes, [], undefined), []);
  const { train = empty, valid = empty, test = empty } = splits;
  return { name, classes, splits: { train, valid, test } };
}

/** @param given whether the classes come from elsewhere: this folder may then have only some of them */
function checkClasses(
  folder: string,
  classes: readonly string[],
  present: readonly string[],
  given: boolean,
): void {
  const unknown = present.filter((name) => !classes.includes(name));
  if (unknown.length > 0) {
    throw new DataError(
      `${folder}: ${unknown.map((name) => `"${name}"`).join(', ')} is none of the classes ${classes.join(', ')}; ` +
        'rename or remove the sub-folder.',
    );
  }
  if (given || present.length > 1) return;
  throw new DataError(
    `${folder}: has only one class, "${present[0]}"; put the images of the other classes into sub-folders beside it.`,
  );
}

async function filesOf(
  folder: string,
  present: readonly string[],
  classes: readonly string[],
): Promise<File[]> {
  const files: File[] = [];
  for (const name of present) {
    const label = classes.indexOf(name);
    const paths = await imagesBelow(join(folder, name));
    for (const path of paths) files.push({ path, label });
  }
  return files;
}

/** Paths of the images in a class's folder and its sub-folders, sorted. */
async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'));
  const images = files.filter((file) => EXTENSIONS.includes(extname(file.name).toLowerCase()));
  if (images.length > 0) return images.map((file) => join(file.parentPath, file.name)).sort();
  const found =
    files.length === 0 ? 'it is empty' : `it holds ${files.length} other files, such as ${files[0]!.name}`;
  throw new DataError(
    `${folder}: the class "${basename(folder)}" has no images (${found}); add files named ${EXTENSIONS.join(', ')}, ` +
      'or remove the folder.',
  );
}

/** Names of the sub-folders, sorted by code unit; a folder without any is refused with what it holds instead. */
async function foldersIn(folder: string): Promise<string[]> {
  const { folders, files } = await visibleIn(folder);
  if (folders.length > 0) return folders;
  const found = files.length === 0 ? 'is empty' : `holds ${files.length} files but no sub-folders`;
  throw new DataError(`${folder}: ${found}; ${LAYOUT}.`);
}

async function visibleIn(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      `${folder}: cannot be opened as a folder (${error.code ?? error.message}); ${LAYOUT}.`,
    );
  });
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const linked = entry.isSymbolicLink() && (await leadsToFolder(join(folder, entry.name)));
    (entry.isDirectory() || linked ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

async function leadsToFolder(link: string): Promise<boolean> {
  const target = await stat(link).catch(() => undefined);
  return target?.isDirectory() ?? false;
}
