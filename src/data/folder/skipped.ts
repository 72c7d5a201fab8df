// Files in a folder that are not used as images, and the notes about them.
import { basename, extname } from 'node:path';
import { formatList } from '../../base/text.ts';
import { conversionAdvice, unsupportedFormat } from '../../image/unsupported-formats.ts';

export interface Skipped {
  /** Names of files without the name of an image that can be decoded. */
  readonly files: string[];
  /** Paths of images that are in the folder of no class. */
  readonly images: string[];
  /** Paths of classes' folders without images. */
  readonly emptyClasses: string[];
  /** Paths of folders and images whose names start with a dot, and of what Macs add to archives. */
  readonly hidden: string[];
  /** Links back to a folder that they are in. */
  readonly loops: string[];
  /** Broken links. */
  readonly brokenLinks: string[];
  /** Links out of the folder. */
  readonly outsideLinks: string[];
  /** Paths of FIFOs, sockets and devices. */
  readonly devices: string[];
}

export function nothingSkipped(): Skipped {
  return {
    files: [],
    images: [],
    emptyClasses: [],
    hidden: [],
    loops: [],
    brokenLinks: [],
    outsideLinks: [],
    devices: [],
  };
}

/**
 * Notes about a folder, a sentence each, such as `photos: left out 3 files without the name of an image (.txt 2, .csv 1).`
 */
export function describeSkipped(folder: string, skipped: Skipped): string[] {
  const { files, images, emptyClasses, hidden, loops, brokenLinks, outsideLinks, devices } = skipped;
  const foreign = describeUnsupportedFiles(files);
  const plain = files.filter((name) => unsupportedFormat(extname(name)) === undefined);
  const hiddenNames = [...new Set(hidden.map((path) => basename(path)))];
  const listed = (paths: readonly string[], what: string) =>
    paths.length > 0 ? [`${counted(paths.length, what)} (${formatList(paths)})`] : [];
  const rest = [
    ...listed(images, 'image outside of the folders of classes'),
    ...listed(emptyClasses, 'folder of classes without images'),
    ...(plain.length > 0
      ? [`${counted(plain.length, 'file without the name of an image')} (${extensions(plain)})`]
      : []),
    ...(hidden.length > 0 ? [`${counted(hidden.length, 'hidden item')} (${formatList(hiddenNames)})`] : []),
    ...(loops.length > 0 ? [counted(loops.length, 'link back to a folder around it')] : []),
    ...(brokenLinks.length > 0 ? [counted(brokenLinks.length, 'dead link')] : []),
    ...listed(devices, 'device, FIFO or socket'),
  ].join(', ');
  return [
    ...(rest === '' ? [] : [`${folder}: left out ${rest}.`]),
    ...foreign.map((kind) => `${folder}: left out ${kind}.`),
    ...(outsideLinks.length > 0 ? [`${folder}: left out ${describeOutsideLinks(outsideLinks)}.`] : []),
  ];
}

/** `2 symbolic links out of the folder (a, b); ...` */
export function describeOutsideLinks(links: readonly string[]): string {
  return (
    `${counted(links.length, 'symbolic link')} out of the folder (${formatList(links)}), not followed; ` +
    'to follow them, give --follow-links (in a program: followLinks)'
  );
}

/** Of each format that cannot be decoded, how many files and what to do: `12 HEIC files (.heic), which cannot be read; ...` */
export function describeUnsupportedFiles(names: readonly string[]): string[] {
  const byFormat = new Map<string, string[]>();
  for (const name of names) {
    const format = unsupportedFormat(extname(name));
    if (format !== undefined) byFormat.set(format, [...(byFormat.get(format) ?? []), name]);
  }
  return [...byFormat].map(
    ([format, own]) =>
      `${own.length} ${format} ${own.length === 1 ? 'file' : 'files'} (${formatList(own)}), which cannot be read; ${conversionAdvice(format)}`,
  );
}

/** `.txt 2, .csv 1` */
function extensions(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const kind = extname(name).toLowerCase() || 'no extension';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
}

/** The first noun gets the plural. */
function counted(count: number, what: string): string {
  const plural = what.replace(/^(dead |hidden |symbolic )?\w+/, '$&s');
  return `${count} ${count === 1 ? what : plural}`;
}
