// Finds the image files below a folder, and what else is there.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { isImageName } from './files.ts';

/** Paths that are named of each kind. */
const NAMED = 3;

/** What a folder holds besides the images of its classes. */
export interface PassedOver {
  /** Names of files that are no images by their names. */
  readonly files: string[];
  /** Paths of images that are in the folder of no class. */
  readonly images: string[];
  /** Paths of classes' folders without images. */
  readonly emptyClasses: string[];
  /** Links back to a folder that they are in. */
  loops: number;
  /** Links that lead nowhere. */
  deadLinks: number;
}

export function nothingPassedOver(): PassedOver {
  return { files: [], images: [], emptyClasses: [], loops: 0, deadLinks: 0 };
}

/** In words, such as `3 files without the name of an image (.txt 2, .csv 1), 1 link back to a folder around it`. */
export function describePassedOver(passedOver: PassedOver): string {
  const { files, images, emptyClasses, loops, deadLinks } = passedOver;
  const kinds = new Map<string, number>();
  for (const name of files) {
    const kind = extname(name).toLowerCase() || 'no extension';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const listed = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    ...(images.length > 0
      ? [`${counted(images.length, 'image')} outside of the folders of classes (${shortened(images)})`]
      : []),
    ...(emptyClasses.length > 0
      ? [`${counted(emptyClasses.length, 'folder')} of classes without images (${shortened(emptyClasses)})`]
      : []),
    ...(files.length > 0
      ? [`${counted(files.length, 'file without the name of an image')} (${listed})`]
      : []),
    ...(loops > 0 ? [counted(loops, 'link back to a folder around it')] : []),
    ...(deadLinks > 0 ? [counted(deadLinks, 'link into nothing')] : []),
  ].join(', ');
}

/** The first of them. */
function shortened(paths: readonly string[]): string {
  const named = paths.slice(0, NAMED).join(', ');
  return paths.length > NAMED ? `${named}, ...` : named;
}

/** The first word is the one that has a plural. */
function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? what : what.replace(/^\w+/, '$&s')}`;
}

/** A folder on a walk, with the real paths of those that the walk went through to it. */
export interface Place {
  readonly path: string;
  readonly through: readonly string[];
}

interface Content {
  readonly folders: readonly Place[];
  /** Names. */
  readonly files: readonly string[];
}

/** The sub-folders and files of a folder that people see: without names that start with a dot, and what Macs add to archives. */
export async function visibleIn(place: Place, passedOver: PassedOver): Promise<Content> {
  const { path: folder, through } = place;
  const around = [...through, await realpath(folder)];
  const folders: Place[] = [];
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await kindOfTarget(path, around) : kindOf(entry);
    if (kind === 'folder') folders.push({ path, through: around });
    else if (kind === 'file') files.push(entry.name);
    else if (kind === 'loop') passedOver.loops++;
    else passedOver.deadLinks++;
  }
  return { folders, files };
}

function kindOf(entry: Dirent): 'folder' | 'file' {
  return entry.isDirectory() ? 'folder' : 'file';
}

/** @param around real paths that a link must not lead back to */
async function kindOfTarget(
  link: string,
  around: readonly string[],
): Promise<'file' | 'folder' | 'loop' | 'dead'> {
  const target = await stat(link).catch(() => undefined); // A link to itself leads nowhere, too.
  if (!target) return 'dead';
  if (!target.isDirectory()) return 'file';
  const real = await realpath(link);
  return around.some((path) => path === real || path.startsWith(real + sep)) ? 'loop' : 'folder';
}

/**
 * Paths of the images in a folder and its sub-folders, sorted by code unit. Links are followed, except where they lead back
 * to a folder they are in.
 * @param passedOver collects what is left out
 */
export async function imagesBelow(folder: Place, passedOver: PassedOver): Promise<string[]> {
  const images: string[] = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { folders, files } = await visibleIn(next, passedOver);
    waiting.push(...folders);
    for (const name of files) {
      if (isImageName(name)) images.push(join(next.path, name));
      else passedOver.files.push(name);
    }
  }
  return images.sort();
}
