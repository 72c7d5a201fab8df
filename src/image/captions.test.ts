// Text on images.
import { expect, test } from 'vitest';
import { withCaptions } from './captions.ts';
import type { Image } from './image.ts';

const white: Image = { width: 60, height: 20, channels: 3, data: new Uint8Array(60 * 20 * 3).fill(255) };

test('text is dark, at its position, with special characters escaped', async () => {
  const { width, height, channels, data } = await withCaptions(white, [
    { text: '<&>', left: 30, baseline: 16, size: 14 },
  ]);
  expect([width, height, channels, data.length]).toEqual([60, 20, 3, 60 * 20 * 3]);
  const columns = [...data.keys()].filter((i) => data[i] < 128).map((i) => Math.floor(i / 3) % width);
  expect(columns.length).toBeGreaterThan(20);
  expect(Math.min(...columns)).toBeGreaterThanOrEqual(30);
});

test('an image without captions is returned as it is', async () => {
  expect(await withCaptions(white, [])).toBe(white);
});
