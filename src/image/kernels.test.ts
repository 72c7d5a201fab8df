// Beside plain formulas, also for images that go through in several pieces; `resize.test.ts` has Pillow's pixels.
import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import type { Image } from './image.ts';
import { flipHorizontally, resample, writeNormalized } from './kernels.ts';
import { plainKernels } from './kernels-plain.ts';
import { crop } from './region.ts';
import { filterFor, resize } from './resize.ts';

function noise(width: number, height: number, channels: 1 | 3): Image {
  const bits = new Uint32Array(width * height * channels);
  new RandomStream(0, 'noise').fillBits(bits);
  return { width, height, channels, data: Uint8Array.from(bits) };
}

const images = ([1, 3] as const).flatMap((channels) => [
  ...Array.from({ length: 20 }, (_, i) => noise(i + 1, 3, channels)),
  noise(700, 400, channels),
]);

/** `toEqual` takes seconds for large images. */
function expectSame(actual: Image, { data, ...expected }: Image): void {
  expect(actual).toMatchObject(expected);
  expect(Buffer.compare(actual.data, data)).toBe(0);
}

test('images of every width are mirrored as in plain loops', () => {
  const image = {
    width: 2,
    height: 2,
    channels: 3 as const,
    data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  };
  const expected = [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9];
  for (const flip of [flipHorizontally, plainKernels.flipHorizontally])
    expect([...flip(image).data]).toEqual(expected);
  for (const image of images) expectSame(flipHorizontally(image), plainKernels.flipHorizontally(image));
});

test('normalized pixels are rounded to 32 bits after each operation, and nothing else is written', () => {
  const { fround } = Math;
  const [mean, std] = [
    [123.675, 0.1, 103.53],
    [58.395, 57.12, 0.3],
  ];
  for (const image of images) {
    const { channels, data } = image;
    const pixels = data.length / channels;
    const expected = new Float32Array(data.length + 2).fill(7);
    for (let i = 0; i < data.length; i++) {
      const channel = Math.floor(i / pixels);
      const value = data[(i % pixels) * channels + channel];
      expected[1 + i] = fround(value - fround(mean[channel])) / fround(std[channel]);
    }
    for (const write of [writeNormalized, plainKernels.writeNormalized]) {
      const target = new Float32Array(data.length + 2).fill(7);
      write(image, mean, std, target, 1);
      expect(Buffer.compare(Buffer.from(target.buffer), Buffer.from(expected.buffer))).toBe(0);
    }
  }
});

test.each(['bilinear', 'bicubic'] as const)('images are resampled as in plain loops, %s', (interpolation) => {
  for (const image of images) {
    for (const [height, width] of [
      [7, 5],
      [40, 33],
      [1, 1],
      [image.height, 9],
    ] as const) {
      const across = filterFor(image.width, width, interpolation);
      const down = filterFor(image.height, height, interpolation);
      expectSame(resample(image, across, down), plainKernels.resample(image, across, down));
    }
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

test('a single image that needs much memory is resized correctly, and so is the next one', () => {
  const tall = noise(3, 2000, 3);
  const expected = resize(tall, 500, 20);
  const wide = resize(noise(40, 1000, 3), 10, 25_000);
  expect(wide.data).toHaveLength(10 * 25_000 * 3);
  expect(resize(tall, 500, 20)).toEqual(expected);
});
