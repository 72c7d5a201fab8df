// What the headers of all images of a data set say: grayscale or color, and how many have more than 8 bits.
import { setImmediate } from 'node:timers/promises';
import { type PixelFormat, readPixelFormat } from '../../image/header.ts';
import { type Dataset, type SplitDataset, splitNames } from '../dataset.ts';
import { forEachIndex } from './unreadable.ts';

/** Images between two turns of the event loop. */
const BREAK = 256;

/** Images of one channel and of three. */
export interface ChannelCounts {
  readonly grayscale: number;
  readonly color: number;
}

/** What the headers of all images say. */
export interface PixelFormats extends ChannelCounts {
  /** Paths of the files of more than 8 bits per channel. */
  readonly deep: readonly string[];
}

/**
 * Counts the grayscale and color images of all splits, and finds those of more than 8 bits. Files are known by their headers,
 * without decoding pixels; those that cannot be read do not count. Images that are neither in files nor in memory are asked for
 * one by one.
 * @param onProgress hears how many images are done
 */
export async function countChannels(
  { splits }: Pick<SplitDataset, 'splits'>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<PixelFormats> {
  const total = splitNames.reduce((sum, name) => sum + splits[name].length, 0);
  const counts = { 1: 0, 3: 0 };
  const deep: string[] = [];
  let done = 0;
  for (const name of splitNames) {
    const split = splits[name];
    if (split.channels !== undefined) {
      counts[split.channels] += split.length;
      done += split.length;
      continue;
    }
    await forEachIndex(split.length, async (index) => {
      const format = await formatOf(split, index);
      if (format) counts[format.channels]++;
      if (format?.isHighBitDepth) deep.push(split.describe(index));
      onProgress(++done, total);
      if (done % BREAK === 0) await setImmediate(); // Headers are read synchronously; this lets signals be handled.
    });
  }
  return { grayscale: counts[1], color: counts[3], deep };
}

async function formatOf(dataset: Dataset, index: number): Promise<PixelFormat | undefined> {
  if (dataset.file) return readPixelFormat(dataset.file(index).path);
  return { channels: (await dataset.get(index)).image.channels, isHighBitDepth: false };
}

/** Channels of a network trained on these images: 1 only if all are grayscale. */
export function channelsFor({ grayscale, color }: ChannelCounts): 1 | 3 {
  return grayscale > 0 && color === 0 ? 1 : 3;
}

/** The decision, if there are both kinds of images: `47 color and 1 grayscale image: using 3 channels`. */
export function describeChannels({ grayscale, color }: ChannelCounts): string | undefined {
  if (grayscale === 0 || color === 0) return undefined;
  return `${color} color and ${grayscale} grayscale ${grayscale === 1 ? 'image' : 'images'}: using 3 channels`;
}
