// Walks a folder: its images, other files, and what is left out.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { unsupportedFormat } from '../../image/unsupported-formats.ts';
import { isImageName } from '../file-dataset.ts';
import type { Skipped } from './skipped.ts';

/** A folder with its visible content. */
export interface FolderTree {
  readonly path: string;
  /** In composed Unicode, which a Mac's file names are not. */
  readonly name: string;
  /** Sorted by the code units of their paths. */
  readonly folders: readonly FolderTree[];
  /** Paths of the images directly in the folder, sorted. */
  readonly images: readonly string[];
  /** Names of the other files directly in it. */
  readonly others: readonly string[];
}

export interface WalkOptions {
  /** Whether symbolic links that lead out of the folder are followed; false by default. */
  readonly followLinks?: boolean | undefined;
}

/**
 * Reads a folder and its sub-folders. Names that start with a dot and what Macs add to archives are left out. A link is
 * followed if it leads to a place inside the folder, or on request, unless it leads back to a folder that it is in.
 * @param skipped collects what is left out
 */
export async function readTree(
  path: string,
  skipped: Skipped,
  { followLinks = false }: WalkOptions = {},
): Promise<FolderTree> {
  const root = await realpath(path);
  return read(path, [root]);

  /** @param around real paths of the folder and of those that the walk went through to it */
  async function read(folder: string, around: readonly string[]): Promise<FolderTree> {
    const folders: FolderTree[] = [];
    const images: string[] = [];
    const others: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const place = join(folder, entry.name);
      const kind = await kindAt(place, entry, around);
      if (kind === 'folder') folders.push(await read(place, [...around, await realpath(place)]));
      else if (kind === 'file') (isImageName(entry.name) ? images : others).push(entry.name);
      else if (kind !== 'ignored') skipped[kind].push(place);
    }
    skipped.files.push(...others);
    return {
      path: folder,
      name: basename(folder).normalize(),
      folders: folders.sort((a, b) => (a.path < b.path ? -1 : 1)),
      images: images.map((name) => join(folder, name)).sort(),
      others,
    };
  }

  async function kindAt(place: string, entry: Dirent, around: readonly string[]): Promise<Kind> {
    if (isHidden(entry)) return entry.isDirectory() || isImageName(entry.name) ? 'hidden' : 'ignored';
    return entry.isSymbolicLink() ? kindOfTarget(place, around) : kindOf(entry);
  }

  async function kindOfTarget(link: string, around: readonly string[]): Promise<Kind> {
    const target = await stat(link).catch(() => undefined); // A link to itself is broken, too.
    if (!target) return 'brokenLinks';
    const real = await realpath(link);
    if (target.isDirectory() && around.some((place) => isInside(place, real))) return 'loops';
    return followLinks || isInside(real, root) ? kindOf(target) : 'outsideLinks';
  }
}

/** What is used, what is ignored without a word (`.DS_Store`), or where it is listed in `Skipped`. */
type Kind = 'file' | 'folder' | 'ignored' | 'hidden' | 'brokenLinks' | 'loops' | 'outsideLinks' | 'devices';

/** Whether it is hidden, or added by macOS to archives. */
function isHidden({ name }: Dirent): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): Kind {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'devices';
}

/** Whether a real path is this folder, or in it. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Paths of all images in a tree, sorted by code unit. */
export function imagesOf(tree: FolderTree): string[] {
  const images: string[] = [];
  const waiting = [tree];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const path of next.images) images.push(path);
    waiting.push(...next.folders);
  }
  return images.sort();
}

/** Names of all other files in a tree. */
export function otherFilesOf({ others, folders }: FolderTree): string[] {
  return [...others, ...folders.flatMap(otherFilesOf)];
}

/** Whether a tree has images, of a format that can be decoded or of another. */
export function holdsImages({ images, others, folders }: FolderTree): boolean {
  return (
    images.length > 0 ||
    folders.some(holdsImages) ||
    others.some((name) => unsupportedFormat(extname(name)) !== undefined)
  );
}

/** Paths of the images in a folder and its sub-folders, sorted by code unit. */
export async function imagesBelow(
  folder: string,
  skipped: Skipped,
  options: WalkOptions = {},
): Promise<string[]> {
  return imagesOf(await readTree(folder, skipped, options));
}
