// Beside plain formulas, also for images that go through in several pieces; `resize.test.ts` has Pillow's pixels.
import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import type { Image } from './image.ts';
import { flipHorizontally, writeNormalized } from './kernels.ts';
import { crop } from './region.ts';
import { resize } from './resize.ts';

function noise(width: number, height: number, channels: 1 | 3): Image {
  const bits = new Uint32Array(width * height * channels);
  new RandomStream(0, 'noise').fillBits(bits);
  return { width, height, channels, data: Uint8Array.from(bits) };
}

const images = ([1, 3] as const).flatMap((channels) => [
  ...Array.from({ length: 20 }, (_, i) => noise(i + 1, 3, channels)),
  noise(700, 400, channels),
]);

test('mirrored images of every width show their pixels from right to left', () => {
  for (const image of images) {
    const { width, channels, data } = image;
    const expected = data.map((_, i) => {
      const pixel = Math.floor(i / channels);
      const column = pixel % width;
      return data[(pixel - column + width - 1 - column) * channels + (i % channels)]!;
    });
    expect(Buffer.compare(flipHorizontally(image).data, expected)).toBe(0);
  }
});

test('normalised pixels are rounded to 32 bits after each operation, and nothing is written beside them', () => {
  const { fround } = Math;
  const [mean, std] = [
    [123.675, 0.1, 103.53],
    [58.395, 57.12, 0.3],
  ];
  for (const image of images) {
    const { channels, data } = image;
    const pixels = data.length / channels;
    const target = new Float32Array(data.length + 2).fill(7);
    const expected = target.slice();
    for (let i = 0; i < data.length; i++) {
      const channel = Math.floor(i / pixels);
      const value = data[(i % pixels) * channels + channel]!;
      expected[1 + i] = fround(value - fround(mean![channel]!)) / fround(std![channel]!);
    }
    writeNormalized(image, mean!, std!, target, 1);
    expect(Buffer.compare(Buffer.from(target.buffer), Buffer.from(expected.buffer))).toBe(0);
  }
});

test.each([1, 3] as const)(
  'a large image of %i channel(s) is resized as its rows are one by one',
  (channels) => {
    const image = noise(1500, 300, channels);
    const narrow = resize(image, 300, 97);
    for (let top = 0; top < 300; top += 7) {
      const row = resize(crop(image, { left: 0, top, width: 1500, height: 1 }), 1, 97);
      expect(row.data).toEqual(crop(narrow, { left: 0, top, width: 97, height: 1 }).data);
    }
  },
);

test('an image that needs much memory for once is resized like one that needs little', () => {
  const tall = noise(3, 2000, 3);
  const expected = resize(tall, 500, 20);
  const wide = resize(noise(40, 1000, 3), 10, 25_000);
  expect(wide.data).toHaveLength(10 * 25_000 * 3);
  expect(resize(tall, 500, 20)).toEqual(expected);
});
