// Lists a folder: its images, other files, and what is skipped.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { unsupportedFormat } from '../../image/unsupported-formats.ts';
import { isImageName } from '../file-dataset.ts';
import type { Skipped } from './skipped.ts';

/** A folder with its visible content. */
export interface FolderTree {
  readonly path: string;
  /** In composed Unicode; file names on macOS are decomposed. */
  readonly name: string;
  /** Sorted by the code units of their paths. */
  readonly folders: readonly FolderTree[];
  /** Paths of the images directly in the folder, sorted. */
  readonly images: readonly string[];
  /** Names of the other files directly in it. */
  readonly others: readonly string[];
}

export interface WalkOptions {
  /** Whether to follow symbolic links out of the folder (default: false). */
  readonly followLinks?: boolean | undefined;
}

/**
 * Lists a folder and its sub-folders. Hidden files and what macOS adds to archives are skipped. A link is followed if its target
 * is inside the folder, or on request, unless the target contains the link.
 * @param skipped collects what is skipped
 */
export async function readTree(
  path: string,
  skipped: Skipped,
  { followLinks = false }: WalkOptions = {},
): Promise<FolderTree> {
  const root = await realpath(path);
  return read(path, [root]);

  /** @param parents real paths of the folder and of those on the way to it */
  async function read(folder: string, parents: readonly string[]): Promise<FolderTree> {
    const folders: FolderTree[] = [];
    const images: string[] = [];
    const others: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const place = join(folder, entry.name);
      const kind = await kindAt(place, entry, parents);
      if (kind === 'folder') folders.push(await read(place, [...parents, await realpath(place)]));
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

  async function kindAt(place: string, entry: Dirent, parents: readonly string[]): Promise<Kind> {
    if (isHidden(entry)) return entry.isDirectory() || isImageName(entry.name) ? 'hidden' : 'ignored';
    return entry.isSymbolicLink() ? kindOfTarget(place, parents) : kindOf(entry);
  }

  async function kindOfTarget(link: string, parents: readonly string[]): Promise<Kind> {
    const target = await stat(link).catch(() => undefined); // A link to itself is broken too.
    if (!target) return 'brokenLinks';
    const real = await realpath(link);
    if (target.isDirectory() && parents.some((place) => isInside(place, real))) return 'loops';
    return followLinks || isInside(real, root) ? kindOf(target) : 'outsideLinks';
  }
}

/** What is used, what is ignored without a note (`.DS_Store`), or the list of `Skipped` it belongs to. */
type Kind = 'file' | 'folder' | 'ignored' | 'hidden' | 'brokenLinks' | 'loops' | 'outsideLinks' | 'devices';

/** Whether a file is hidden, or added to archives by macOS. */
function isHidden({ name }: Dirent): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): Kind {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'devices';
}

/** Whether a real path is this folder or inside it. */
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

/** Whether a tree has images, of supported or unsupported formats. */
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
