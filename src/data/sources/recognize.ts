// Recognizes published data sets by the files in a folder.
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { CIFAR10, isCifar10Folder, isCifar10Name } from './cifar10.ts';
import { FASHION_MNIST, isMnistName, mnistIn } from './mnist.ts';
import { PALM } from './palm.ts';

/** Levels of folders to search, such as `FashionMNIST/raw`. */
const MAX_DEPTH = 3;

export interface RecognizedDataset {
  readonly name: 'mnist' | 'fashion-mnist' | 'cifar10' | 'palm';
  /** Folder with its files. */
  readonly folder: string;
}

/** Whether a file has the name of a file of a published data set. */
export function isPublishedFile(path: string): boolean {
  const name = basename(path);
  return isMnistName(name) || isCifar10Name(name);
}

/**
 * The published data set of the files in a folder, or of a file; undefined if there is none.
 * @throws DataError if files are missing, or belong to an unknown data set in the same format
 */
export async function recognize(path: string): Promise<RecognizedDataset | undefined> {
  const found = await stat(path).catch(() => undefined);
  let folder = found?.isFile() ? dirname(path) : path;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const visible = entries.filter((entry) => !entry.name.startsWith('.') && entry.name !== '__MACOSX');
    const known = await knownIn(folder, visible);
    if (known) return { name: known, folder };
    const [only, ...others] = visible;
    if (!only?.isDirectory() || others.length > 0) return undefined;
    folder = join(folder, only.name);
  }
  return undefined;
}

async function knownIn(
  folder: string,
  entries: readonly Dirent[],
): Promise<RecognizedDataset['name'] | undefined> {
  const [folders, files] = [true, false].map((isFolder) =>
    entries.filter((entry) => entry.isDirectory() === isFolder).map(({ name }) => name),
  ) as [string[], string[]];
  const mnist = files.some(isMnistName) ? await mnistIn(folder, files) : undefined;
  if (mnist) return mnist === FASHION_MNIST ? 'fashion-mnist' : 'mnist';
  if (files.some(isCifar10Name) || folders.some(isCifar10Folder)) {
    const finding = await CIFAR10.find(folder);
    if ('found' in finding) return 'cifar10';
    throw new DataError(
      `${folder}: has files of CIFAR-10, but is ${finding.missing}; add them, or use --data cifar10 --data-dir DIR.`,
    );
  }
  return 'found' in (await PALM.find(folder)) ? 'palm' : undefined;
}
