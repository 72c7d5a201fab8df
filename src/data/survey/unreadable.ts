// Finds image files that cannot be read, and skips them on request.

import { FoveaError } from '../../base/errors.ts';
import { decodeImage } from '../../image/decode.ts';
import { type Dataset, pick, type SplitDataset, splitNames } from '../dataset.ts';

/** Files decoded at once. */
const CONCURRENCY = 8;

/** An image file that cannot be read. */
export interface Unreadable {
  /** Path of the file. */
  readonly name: string;
  /** Why it cannot be read. */
  readonly reason: string;
}

/** The entry for a decoding error; other errors are thrown. */
export function toUnreadable(name: string, error: unknown): Unreadable {
  if (!(error instanceof FoveaError)) throw error;
  const { message } = error;
  return { name, reason: message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message };
}

/** Runs `work` for 0 .. count - 1, a few at once, approximately in this order. */
export async function forEachIndex(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, worker));
}

/**
 * The data set without image files that cannot be read, and the list of these. Every file is decoded once, so that the number
 * of images and their order are known before training. Images that are not in files are kept.
 *
 *     const { data: readable, unreadable } = await withoutUnreadable(data);
 *
 * @param onProgress called with the number of finished images
 */
export async function withoutUnreadable(
  data: SplitDataset,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ readonly data: SplitDataset; readonly unreadable: readonly Unreadable[] }> {
  const parts = splitNames.map((name) => data.splits[name]);
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const faults = new Map<string, Unreadable>();
  let done = 0;
  for (const part of parts) {
    await forEachIndex(part.length, async (index) => {
      const fault = await tryDecode(part, index);
      if (fault) faults.set(fault.name, fault);
      onProgress(++done, total);
    });
  }
  const keep = (part: Dataset) => {
    const indices = Array.from({ length: part.length }, (_, index) => index);
    return pick(
      part,
      indices.filter((index) => !faults.has(part.describe(index))),
    );
  };
  const [train, valid, test] = parts.map(keep) as [Dataset, Dataset, Dataset];
  const kept = { ...data, splits: { train, valid, test }, ...(data.all && { all: keep(data.all) }) };
  return { data: kept, unreadable: [...faults.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

async function tryDecode(dataset: Dataset, index: number): Promise<Unreadable | undefined> {
  if (!dataset.file) return undefined;
  const { path, ...settings } = dataset.file(index);
  try {
    await decodeImage(path, settings);
    return undefined;
  } catch (error) {
    return toUnreadable(path, error);
  }
}
