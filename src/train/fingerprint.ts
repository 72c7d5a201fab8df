// The fingerprint of a data set, which shows whether a run is resumed with the same data.

import { statSync } from 'node:fs';
import { basename, dirname, resolve, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { lookup } from '../base/lookup.ts';
import { hexOf } from '../checkpoints/checksums.ts';
import { type Dataset, imageFile, type SplitDataset, type SplitName, splitNames } from '../data/dataset.ts';
import { readRegularFileSync } from '../system/files.ts';

/** An image file. Its name is relative to the common folder of all files, so that the folder may move. */
export interface FileRecord {
  readonly name: string;
  readonly split: SplitName;
  readonly label: string;
  /** Bytes; -1 if unknown. */
  readonly size: number;
  /** Modification time in milliseconds. */
  readonly time: number;
  /** CRC-32 of its content, if it was read. */
  readonly checksum?: string;
}

/** Files in order, or a checksum of images that are not separate files. */
export type SplitFingerprint = readonly FileRecord[] | string;

export type Fingerprint = Readonly<Record<SplitName, SplitFingerprint>>;

/** Limits up to which all contents are read; of larger data sets an evenly spaced sample is read. */
const MAX_FILES = 5_000;
const MAX_BYTES = 2 ** 28;
const SAMPLED_FILES = 500;
const MAX_SAMPLED_BYTES = 2 ** 23;
/** Images read of a data set that is neither in files nor in memory. */
const SAMPLED_IMAGES = 100;

/**
 * Computes the fingerprint: name, label, size and time of every file, and the content if it is quickly read.
 * @param before a fingerprint to compare with: contents are then read of the files whose content was read there
 */
export async function fingerprintOf(data: SplitDataset, before?: Fingerprint): Promise<Fingerprint> {
  const nameOf = namesOf(data);
  const records = new Map<SplitName, SplitFingerprint>();
  for (const split of splitNames) {
    const part = data.splits[split];
    records.set(split, part.file ? recordsOf(split, part, nameOf) : await checksumOf(part));
  }
  const readsContent = before ? readBefore(before) : affordable(records);
  const withContents = (split: SplitName): SplitFingerprint => {
    const entry = lookup(records, split);
    if (typeof entry === 'string') return entry;
    const pathOf = (index: number) => imageFile(data.splits[split], index).path;
    return entry.map((record, i) =>
      readsContent(record, i) ? { ...record, ...contentOf(pathOf(i)) } : record,
    );
  };
  return { train: withContents('train'), valid: withContents('valid'), test: withContents('test') };
}

/** Names relative to the deepest common folder of all image files. */
function namesOf(data: SplitDataset): (path: string) => string {
  const folders = new Map<string, readonly string[]>(); // Few folders for many files.
  let root: readonly string[] = [];
  for (const split of splitNames) {
    const part = data.splits[split];
    for (let i = 0; part.file && i < part.length; i++) {
      const folder = dirname(part.file(i).path);
      if (folders.has(folder)) continue;
      const steps = resolve(folder).split(sep);
      folders.set(folder, steps);
      root = folders.size > 1 ? commonStart(root, steps) : steps;
    }
  }
  const below = new Map(
    [...folders].map(([folder, steps]) => [folder, [...steps.slice(root.length), ''].join('/')]),
  );
  return (path) => `${below.get(dirname(path))}${basename(path)}`;
}

function commonStart(a: readonly string[], b: readonly string[]): readonly string[] {
  const end = a.findIndex((step, i) => step !== b[i]);
  return end === -1 ? a : a.slice(0, end);
}

function recordsOf(split: SplitName, part: Dataset, nameOf: (path: string) => string): FileRecord[] {
  return Array.from({ length: part.length }, (_, i) => {
    const { path } = imageFile(part, i);
    const facts = statSync(path, { throwIfNoEntry: false });
    return {
      name: nameOf(path),
      split,
      label: part.classes[part.label(i)],
      size: facts?.isFile() ? facts.size : -1,
      time: facts?.mtimeMs ?? 0,
    };
  });
}

type ContentFilter = (record: FileRecord, index: number) => boolean;

function affordable(records: ReadonlyMap<SplitName, SplitFingerprint>): ContentFilter {
  const files = [...records.values()].filter((fingerprint) => typeof fingerprint !== 'string').flat();
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length <= MAX_FILES && bytes <= MAX_BYTES) return () => true;
  const stride = Math.ceil(files.length / SAMPLED_FILES);
  return ({ size }, index) => index % stride === 0 && size <= MAX_SAMPLED_BYTES;
}

function readBefore(before: Fingerprint): ContentFilter {
  const files = Object.values<SplitFingerprint>(before).flatMap((entry) =>
    typeof entry === 'string' ? [] : entry,
  );
  const names = new Set(files.filter(({ checksum }) => checksum !== undefined).map(({ name }) => name));
  return ({ name }) => names.has(name);
}

/** Undefined if the file cannot be read: loading it reports that. */
function contentOf(path: string): Pick<FileRecord, 'checksum'> {
  try {
    return { checksum: hexOf(crc32(readRegularFileSync(path))) };
  } catch {
    return {};
  }
}

/** CRC-32 of labels and images: all of those in memory, a sample of others. */
async function checksumOf(part: Dataset): Promise<string> {
  const labels = Array.from({ length: part.length }, (_, i) => part.label(i));
  let sum = crc32(JSON.stringify([part.classes, labels]));
  const stride = part.inMemory ? 1 : Math.ceil(part.length / SAMPLED_IMAGES);
  for (let i = 0; i < part.length; i += stride) sum = await addImage(part, i, sum);
  return hexOf(sum);
}

async function addImage(part: Dataset, index: number, sum: number): Promise<number> {
  try {
    const got = part.get(index);
    const { width, height, channels, data } = (got instanceof Promise ? await got : got).image;
    return crc32(data, (sum + width * 31 + height * 17 + channels) >>> 0);
  } catch {
    return sum; // Loading it reports why it cannot be read.
  }
}

/**
 * Describes how a data set differs from an earlier one; empty if it does not. A file with only another time counts as the same
 * if its content is the same or, if that was not read, if the times of all files have changed, as by copying.
 */
export function differences(before: Fingerprint, now: Fingerprint): string[] {
  const images = splitNames.filter((split) => !isSameImages(before[split], now[split]));
  const files = fileDifferences(filesOf(before), filesOf(now));
  return [...images.map((split) => `${split}: images or labels differ`), ...files];
}

/** Whether checksums are equal; files are compared by `fileDifferences`. */
function isSameImages(before: SplitFingerprint, now: SplitFingerprint): boolean {
  return before === now || (typeof before !== 'string' && typeof now !== 'string');
}

/** By name, in order. Repeated names get a number. */
function filesOf(fingerprint: Fingerprint): Map<string, FileRecord> {
  const files = new Map<string, FileRecord>();
  for (const split of splitNames) {
    const records = fingerprint[split];
    if (typeof records === 'string') continue;
    for (const record of records) {
      let [name, count] = [record.name, 1];
      while (files.has(name)) name = `${record.name} (${++count})`;
      files.set(name, record);
    }
  }
  return files;
}

type Files = ReadonlyMap<string, FileRecord>;

function fileDifferences(before: Files, now: Files): string[] {
  const missing = [...before.keys()].filter((name) => !now.has(name));
  const added = [...now.keys()].filter((name) => !before.has(name));
  const found = [
    ...listed('missing', missing),
    ...listed('new', added),
    ...listed('changed', changesOf(before, now)),
  ];
  if (found.length > 0) return [found.join(', ')];
  const names = [...now.keys()];
  const isReordered = [...before.keys()].some((name, i) => name !== names[i]);
  return isReordered ? ['the order of the files differs'] : [];
}

/** Names of the files that differ, each with what differs. */
function changesOf(old: Files, current: Files): string[] {
  const pairs = [...old].flatMap(([name, before]) => {
    const now = current.get(name);
    return now ? [{ name, before, now }] : [];
  });
  const unread = pairs.filter(({ before }) => before.checksum === undefined);
  const isCopy = unread.every(({ before, now }) => before.time !== now.time);
  return pairs.flatMap(({ name, before, now }) => {
    const change = changeOf(before, now, isCopy);
    return change === undefined ? [] : [`${name}: ${change}`];
  });
}

/** @param isCopy whether modification times are ignored */
function changeOf(before: FileRecord, now: FileRecord, isCopy: boolean): string | undefined {
  if (before.label !== now.label) return `label ${now.label}, was ${before.label}`;
  if (before.size !== now.size) return `${now.size} bytes, were ${before.size}`;
  if (before.checksum !== now.checksum) return 'content';
  const isTouched = before.checksum === undefined && before.time !== now.time;
  if (isTouched && !isCopy) return 'time of its last change';
  return before.split === now.split ? undefined : `in ${now.split}, was in ${before.split}`;
}

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 3).join('; ');
  return [
    `${names.length} ${names.length === 1 ? 'file' : 'files'} ${what} (${shown}${names.length > 3 ? '; ...' : ''})`,
  ];
}
