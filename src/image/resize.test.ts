import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withChannels } from './channels.ts';
import type { Image } from './image.ts';
import { resizeBilinear } from './resize.ts';

interface Witness {
  resized: { from: [1 | 3, number, number]; to: [number, number]; pixels: string }[];
  grey: { from: [1 | 3, number, number]; pixels: string };
}

const path = new URL('../../test/witness/resize.json', import.meta.url);
const witness = JSON.parse(readFileSync(path, 'utf8')) as Witness;

/** The formula of scripts/witness/resize.py. */
function synthetic(channels: 1 | 3, height: number, width: number): Image {
  const data = new Uint8Array(height * width * channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        data[i++] = (x * x * 7 + y * y * 3 + x * y * 13 + c * 101 + 29) % 256;
    }
  }
  return { width, height, channels, data };
}

test.each(witness.resized)('resizing $from to $to gives the pixels of Pillow', ({ from, to, pixels }) => {
  const resized = resizeBilinear(synthetic(...from), ...to);
  expect([resized.height, resized.width, resized.channels]).toEqual([...to, from[0]]);
  expect([...resized.data]).toEqual([...Buffer.from(pixels, 'base64')]);
});

test('an image of the wanted size is returned as it is', () => {
  const image = synthetic(1, 4, 5);
  expect(resizeBilinear(image, 4, 5)).toBe(image);
});

test('a size that is no whole number from 1 is refused', () => {
  expect(() => resizeBilinear(synthetic(1, 4, 5), 0, 5)).toThrow(
    'height 0, width 5: use whole numbers from 1',
  );
  expect(() => resizeBilinear(synthetic(1, 4, 5), 4, 2.5)).toThrow('width 2.5');
});

test('RGB becomes grey as Pillow converts it', () => {
  const grey = withChannels(synthetic(...witness.grey.from), 1);
  expect([...grey.data]).toEqual([...Buffer.from(witness.grey.pixels, 'base64')]);
});

test('grey becomes RGB by repetition', () => {
  const rgb = withChannels({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 200) }, 3);
  expect(rgb).toEqual({
    width: 2,
    height: 1,
    channels: 3,
    data: Uint8Array.of(3, 3, 3, 200, 200, 200),
  });
});
