// Files in a folder that are skipped, and the notes about them.
import { basename, extname } from 'node:path';
import { formatCount, formatList } from '../../base/text.ts';
import { conversionAdvice, unsupportedFormat } from '../../image/unsupported-formats.ts';

export interface Skipped {
  /** Names of files without the extension of a supported image. */
  readonly files: string[];
  /** Paths of images outside of class folders. */
  readonly images: string[];
  /** Paths of class folders without images. */
  readonly emptyClasses: string[];
  /** Paths of hidden folders and images, and of what macOS adds to archives. */
  readonly hidden: string[];
  /** Links to a folder that contains them. */
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
 * Notes about a folder, one sentence each, such as `photos: skipped 3 files that are not images (.txt 2, .csv 1).`
 */
export function describeSkipped(folder: string, skipped: Skipped): string[] {
  const { files, images, emptyClasses, hidden, loops, brokenLinks, outsideLinks, devices } = skipped;
  const unsupported = describeUnsupportedFiles(files);
  const plain = files.filter((name) => unsupportedFormat(extname(name)) === undefined);
  const hiddenNames = [...new Set(hidden.map((path) => basename(path)))];
  const listed = (paths: readonly string[], one: string, several: string) =>
    paths.length > 0 ? [`${formatCount(paths.length, one, several)} (${formatList(paths)})`] : [];
  const rest = [
    ...listed(images, 'image outside of class folders', 'images outside of class folders'),
    ...listed(emptyClasses, 'class folder without images', 'class folders without images'),
    ...(plain.length > 0
      ? [
          `${formatCount(plain.length, 'file that is not an image', 'files that are not images')} (${extensions(plain)})`,
        ]
      : []),
    ...(hidden.length > 0
      ? [`${formatCount(hidden.length, 'hidden item')} (${formatList(hiddenNames)})`]
      : []),
    ...(loops.length > 0
      ? [formatCount(loops.length, 'link to a parent folder', 'links to a parent folder')]
      : []),
    ...(brokenLinks.length > 0 ? [formatCount(brokenLinks.length, 'broken link')] : []),
    ...listed(devices, 'device, FIFO or socket', 'devices, FIFOs or sockets'),
  ].join(', ');
  return [
    ...(rest === '' ? [] : [`${folder}: skipped ${rest}.`]),
    ...unsupported.map((kind) => `${folder}: skipped ${kind}.`),
    ...(outsideLinks.length > 0 ? [`${folder}: skipped ${describeOutsideLinks(outsideLinks)}.`] : []),
  ];
}

/** `2 symbolic links out of the folder (a, b); ...` */
export function describeOutsideLinks(links: readonly string[]): string {
  return (
    `${formatCount(links.length, 'symbolic link')} out of the folder (${formatList(links)}); ` +
    'to follow them, use --follow-links (in a program: followLinks)'
  );
}

/** For each unsupported format, the number of files and what to do: `12 HEIC files (a.heic, ...), which cannot be read; ...` */
export function describeUnsupportedFiles(names: readonly string[]): string[] {
  const byFormat = new Map<string, string[]>();
  for (const name of names) {
    const format = unsupportedFormat(extname(name));
    if (format !== undefined) byFormat.set(format, [...(byFormat.get(format) ?? []), name]);
  }
  return [...byFormat].map(
    ([format, own]) =>
      `${formatCount(own.length, `${format} file`)} (${formatList(own)}), which cannot be read; ${conversionAdvice(format)}`,
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
