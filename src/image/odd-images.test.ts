// Odd but legal image files, as Pillow reads them (scripts/witness/odd_images.py), and damaged ones.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { dataFolder, noData } from '../../test/data.ts';
import { DataError } from '../base/errors.ts';
import { withChannels } from './channels.ts';
import { decodeImage } from './decode.ts';
import type { Image } from './image.ts';

type Seen = { readonly size: readonly [number, number]; readonly means: readonly (readonly number[])[] };
type Expected = Seen | { readonly refused: string };

const CELLS = 4;
/** Gray levels by which the mean of a cell may differ: Pillow rounds transparency otherwise. */
const TOLERANCE = 1;
const MEGABYTE = 2 ** 20;

const path = new URL('../../test/witness/odd-images.json', import.meta.url);
const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, Expected> };
const folder = dataFolder('images-odd');
const present = Object.entries(files).filter(([name]) => folder && existsSync(join(folder, name)));
const read = present.filter((entry): entry is [string, Seen] => !('refused' in entry[1]));
const refused = present.filter(([, expected]) => 'refused' in expected).map(([name]) => name);

/** Where the cells along an extent begin and end, as numpy.array_split has them. */
function cells(extent: number): [number, number][] {
  const larger = extent % CELLS;
  const size = Math.floor(extent / CELLS);
  return Array.from({ length: CELLS }, (_, i) => {
    const start = i * size + Math.min(i, larger);
    return [start, start + size + (i < larger ? 1 : 0)];
  });
}

function meansOf(image: Image): number[][] {
  const { width, height, data } = withChannels(image, 3);
  return cells(height).flatMap(([top, bottom]) =>
    cells(width).map(([left, right]) => {
      const sums = [0, 0, 0];
      for (let y = top; y < bottom; y++) {
        for (let i = 3 * (y * width + left); i < 3 * (y * width + right); i++) sums[i % 3] += data[i];
      }
      const count = (bottom - top) * (right - left);
      return count === 0 ? [] : sums.map((sum) => sum / count);
    }),
  );
}

testIf(folder, noData('images-odd')).each(read)(
  '%s is read as Pillow reads it',
  async (name, { size, means }) => {
    const image = await decodeImage(join(folder!, name));
    expect([image.height, image.width]).toEqual(size);
    for (const [cell, colors] of meansOf(image).entries()) {
      expect(colors.length).toBe(means[cell].length);
      for (const [channel, color] of colors.entries()) {
        expect(Math.abs(color - means[cell][channel]), `cell ${cell}`).toBeLessThanOrEqual(TOLERANCE);
      }
    }
  },
);

testIf(folder, noData('images-odd'))(
  'files that Pillow refuses take no memory, and are refused with a DataError if at all',
  async () => {
    expect(refused.length).toBeGreaterThan(5);
    const before = process.memoryUsage().rss;
    for (const name of refused) {
      const result = await decodeImage(join(folder!, name)).catch((error: unknown) => error);
      if (result instanceof Error) {
        expect(result).toBeInstanceOf(DataError);
        expect(result.message).toContain(name);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEGABYTE);
  },
);
