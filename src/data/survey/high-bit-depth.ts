// The values in images of 16 bits per channel: with a small part of the range, images are too dark or have little contrast.

import { FoveaError } from '../../base/errors.ts';
import { formatCount } from '../../base/text.ts';
import { readImageFile } from '../../image/decode.ts';
import type { ValueRange } from '../../image/value-range.ts';
import { findValueRange } from '../../image/vips.ts';
import { forEachIndex } from './unreadable.ts';

/** The largest value of 16 bits. */
const FULL = 65_535;
/** Images that use more than this fraction of the range need no value range. */
const USUAL = 0.5;
/** Maximum number of files to read, spread evenly. */
const MAX_FILES = 200;

/** Collects the range of values of images of 16 bits per channel. */
export class HighBitDepthRange {
  private images = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  /** @param range the result of `findValueRange` for an image */
  add(range: ValueRange | undefined): void {
    if (!range) return;
    this.images++;
    this.smallest = Math.min(this.smallest, range[0]);
    this.largest = Math.max(this.largest, range[1]);
  }

  /** A note if the images use only a small part of their range. */
  describe(name: string): string | undefined {
    const { images, smallest, largest } = this;
    if (!(smallest < largest) || largest - smallest > USUAL * FULL) return undefined;
    const isDark = largest <= USUAL * FULL;
    const range = isDark ? `0,${2 ** Math.ceil(Math.log2(largest + 1)) - 1}` : `${smallest},${largest}`;
    return (
      `${name}: the values of ${formatCount(images, 'image')} of 16 bits range only from ${smallest} to ${largest}, of 0 to ${FULL}: ` +
      `${isDark ? 'too dark' : 'little contrast'}; --value-range ${range} (valueRange in a program) scales them.`
    );
  }
}

/** The range of values of some of these image files. */
export async function findHighBitDepthRange(paths: readonly string[]): Promise<HighBitDepthRange> {
  const found = new HighBitDepthRange();
  const count = Math.min(paths.length, MAX_FILES);
  await forEachIndex(count, async (i) => {
    found.add(await rangeOf(paths[Math.floor((i * paths.length) / count)]));
  });
  return found;
}

/** Images that cannot be read are reported elsewhere. */
async function rangeOf(path: string): Promise<ValueRange | undefined> {
  try {
    return await findValueRange(await readImageFile(path), path);
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}
