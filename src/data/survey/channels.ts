// Channels and bit depths of all images of a data set, by their headers.

import { setImmediate } from 'node:timers/promises';
import { formatCount, formatInteger } from '../../base/text.ts';
import { type PixelFormat, readPixelFormat } from '../../image/header.ts';
import { type Dataset, type SplitDataset, splitNames } from '../dataset.ts';
import { forEachIndex } from './unreadable.ts';

/** Images between two breaks for the event loop. */
const BREAK = 256;

/** Number of images with one channel and with three. */
export interface ChannelCounts {
  readonly grayscale: number;
  readonly color: number;
}

/** Pixel formats of all images. */
export interface PixelFormats extends ChannelCounts {
  /** Paths of the files with more than 8 bits per channel. */
  readonly highBitDepth: readonly string[];
}

/**
 * Counts grayscale and color images of all splits, and finds files of more than 8 bits. Only headers of files are read; files
 * that cannot be read do not count. Images that are neither in files nor of known channels are read one by one.
 *
 *     const channels = channelsFor(await countChannels(data)); // 1 or 3
 *
 * @param onProgress called with the number of finished images
 */
export async function countChannels(
  { splits }: Pick<SplitDataset, 'splits'>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<PixelFormats> {
  const total = splitNames.reduce((sum, name) => sum + splits[name].length, 0);
  const counts = { 1: 0, 3: 0 };
  const highBitDepth: string[] = [];
  let done = 0;
  for (const name of splitNames) {
    const split = splits[name];
    if (split.channels !== undefined) {
      counts[split.channels] += split.length;
      done += split.length;
      continue;
    }
    await forEachIndex(split.length, async (index) => {
      const format = await pixelFormat(split, index);
      if (format) counts[format.channels]++;
      if (format?.isHighBitDepth) highBitDepth.push(split.describe(index));
      onProgress(++done, total);
      if (done % BREAK === 0) await setImmediate(); // Headers are read synchronously; a break lets signals be handled.
    });
  }
  return { grayscale: counts[1], color: counts[3], highBitDepth };
}

async function pixelFormat(dataset: Dataset, index: number): Promise<PixelFormat | undefined> {
  if (dataset.file) return readPixelFormat(dataset.file(index).path);
  return { channels: (await dataset.get(index)).image.channels, isHighBitDepth: false };
}

/** Input channels for a network on these images: 1 if all are grayscale, else 3. */
export function channelsFor({ grayscale, color }: ChannelCounts): 1 | 3 {
  return grayscale > 0 && color === 0 ? 1 : 3;
}

/** The choice, if there are both kinds of images: `47 color and 1 grayscale image: using 3 channels`. */
export function describeChannels({ grayscale, color }: ChannelCounts): string | undefined {
  if (grayscale === 0 || color === 0) return undefined;
  return `${formatInteger(color)} color and ${formatCount(grayscale, 'grayscale image')}: using 3 channels`;
}
