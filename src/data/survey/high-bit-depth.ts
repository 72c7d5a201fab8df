// The values that images of 16 bits per channel use: a small part of the range makes them too dark, or leaves little contrast.

import { FoveaError } from '../../base/errors.ts';
import { readImageFile } from '../../image/decode.ts';
import type { ValueRange } from '../../image/value-range.ts';
import { findValueRange } from '../../image/vips.ts';
import { forEachIndex } from './unreadable.ts';

/** The largest value of 16 bits. */
const FULL = 65_535;
/** Images that use more than this fraction of the range look as usual. */
const USUAL = 0.5;
/** Most files that are read, spread evenly. */
const LOOKED_AT = 200;

/** Collects the values of images of 16 bits per channel. */
export class HighBitDepthRange {
  private images = 0;
  private smallest = Number.POSITIVE_INFINITY;
  private largest = Number.NEGATIVE_INFINITY;

  /** @param range what `findValueRange` gave for an image */
  add(range: ValueRange | undefined): void {
    if (!range) return;
    this.images++;
    this.smallest = Math.min(this.smallest, range[0]);
    this.largest = Math.max(this.largest, range[1]);
  }

  /** A note if the images use only a part of their range. */
  describe(name: string): string | undefined {
    const { images, smallest, largest } = this;
    if (!(smallest < largest) || largest - smallest > USUAL * FULL) return undefined;
    const isDark = largest <= USUAL * FULL;
    const range = isDark ? `0,${2 ** Math.ceil(Math.log2(largest + 1)) - 1}` : `${smallest},${largest}`;
    return (
      `${name}: ${images} images of 16 bits have values from ${smallest} to ${largest} only, of 0 to ${FULL}, which ` +
      `${isDark ? 'makes them too dark' : 'leaves them little contrast'}; --value-range ${range} (valueRange in a program) scales them.`
    );
  }
}

/** The values of some of these image files. */
export async function findHighBitDepthRange(paths: readonly string[]): Promise<HighBitDepthRange> {
  const found = new HighBitDepthRange();
  const count = Math.min(paths.length, LOOKED_AT);
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
