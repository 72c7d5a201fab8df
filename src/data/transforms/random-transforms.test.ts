// Random transforms: the same for the same (seed, epoch, index), and as often and as much as they say.
import { expect, test } from 'vitest';
import { flatImage } from '../../../test/images.ts';
import { sourceOf } from '../../../test/pillow.ts';
import { withChannels } from '../../image/channels.ts';
import type { Image } from '../../image/image.ts';
import { flipHorizontally } from '../../image/kernels.ts';
import { flipVertically } from '../../image/region.ts';
import { Preprocessor, type SampleKey } from './preprocessor.ts';
import { randomTransforms, type Transform } from './transforms.ts';

const image = sourceOf({ from: [3, 12, 16] });
const key: SampleKey = { seed: 3, epoch: 2, index: 5 };

function preprocessor(...transforms: Transform[]): Preprocessor {
  return new Preprocessor([...transforms, { transform: 'normalize', mean: [0, 0, 0], std: [1, 1, 1] }]);
}

/** The results for the images of index 0, 1, ... of one data set, all with these pixels. */
function results(count: number, source: Image, ...transforms: Transform[]): Image[] {
  const ready = preprocessor(...transforms);
  return Array.from({ length: count }, (_, index) => ready.pixels(source, { seed: 1, epoch: 0, index }));
}

const everything: Transform[] = [
  { transform: 'random-resized-crop', size: [9, 9] },
  { transform: 'horizontal-flip' },
  { transform: 'vertical-flip' },
  { transform: 'rotation', degrees: [-20, 20] },
  { transform: 'affine', degrees: [-9, 9], shift: [0.1, 0.2], scale: [0.8, 1.2], shearX: [-9, 9] },
  {
    transform: 'color-jitter',
    brightness: [0.5, 1.5],
    contrast: [0.5, 1.5],
    saturation: [0, 2],
    hue: [-0.5, 0.5],
  },
  { transform: 'grayscale' },
  { transform: 'gaussian-blur' },
  { transform: 'random-crop', size: [8, 8] },
  { transform: 'erasing' },
];

test('the list above has every random transform', () => {
  expect(new Set(everything.map(({ transform }) => transform))).toEqual(
    new Set(Object.keys(randomTransforms)),
  );
});

test('pixels are a function of (seed, epoch, index), in whatever order they are asked for', () => {
  const expected = preprocessor(...everything).pixels(image, key);
  const other = preprocessor(...everything);
  for (const index of [9, 4, 5, 0]) other.pixels(image, { seed: 3, epoch: 7, index });
  expect(other.pixels(image, key)).toEqual(expected);
  expect([expected.height, expected.width]).toEqual([8, 8]);
});

test('seed, epoch and index each change the pixels', () => {
  const ready = preprocessor(...everything);
  const keys = [key, { ...key, seed: 4 }, { ...key, epoch: 3 }, { ...key, index: 6 }];
  const kinds = new Set(keys.map((one) => ready.pixels(image, one).data.join()));
  expect(kinds.size).toBe(4);
});

test('two equal transforms draw different numbers', () => {
  const twice = results(400, image, { transform: 'horizontal-flip' }, { transform: 'horizontal-flip' });
  const mirrored = twice.filter(({ data }) => data.join() !== image.data.join()).length;
  expect(Math.abs(mirrored - 200)).toBeLessThan(50);
});

test.each([
  ['horizontal-flip', flipHorizontally],
  ['vertical-flip', flipVertically],
  ['grayscale', (source: Image) => withChannels(withChannels(source, 1), 3)],
] as const)('%s happens as often as its probability says', (transform, change) => {
  const changed = change(image).data.join();
  const all = results(1000, image, { transform, probability: 0.3 });
  const count = all.filter(({ data }) => data.join() === changed).length;
  expect(Math.abs(count - 300)).toBeLessThan(60);
  expect(results(20, image, { transform, probability: 0 }).every((result) => result === image)).toBe(true);
});

test('a random crop takes every place equally often, and refuses an image that is too small', () => {
  const columns = sourceOf({ from: [3, 2, 5] });
  const starts = results(900, columns, { transform: 'random-crop', size: [2, 3] }).map(({ data }) => data[0]);
  for (const x of [0, 1, 2]) {
    const count = starts.filter((start) => start === columns.data[3 * x]).length;
    expect(Math.abs(count - 300)).toBeLessThan(60);
  }
  expect(() => results(1, columns, { transform: 'random-crop', size: [3, 3] })).toThrow(
    /cannot crop 3 x 3 pixels at \(\d, 0\) from an image of 5 x 2; pad or enlarge the image first/,
  );
});

test('a random resized crop shows the chosen fraction of the image', () => {
  // Each pixel of the gradient says its column: the range of columns in the result is the width of the crop.
  const size = 200;
  const gradient: Image = {
    width: size,
    height: size,
    channels: 3,
    data: Uint8Array.from({ length: 3 * size * size }, (_, i) => Math.floor(i / 3) % size),
  };
  const fractions = results(300, gradient, {
    transform: 'random-resized-crop',
    size: [4, 40],
    area: [0.25, 0.25],
    ratio: [1, 1],
  }).map(({ data }) => (data[3 * 39] - data[0]) / size);
  for (const fraction of fractions) expect(Math.abs(fraction - 0.5)).toBeLessThan(0.03);
});

test('a random resized crop of a very long image takes the largest part of an allowed shape', () => {
  const long = sourceOf({ from: [3, 2, 400] });
  const [cut] = results(1, long, {
    transform: 'random-resized-crop',
    size: [2, 3],
    area: [1, 1],
    ratio: [0.5, 1.5],
  });
  expect([...cut.data.subarray(0, 9)]).toEqual([...long.data.subarray(3 * 198, 3 * 201)]);
});

test('brightness stays inside its range and uses all of it', () => {
  const gray = { ...flatImage(100), channels: 3, data: new Uint8Array(12).fill(100) } as const;
  const levels = results(300, gray, { transform: 'color-jitter', brightness: [0.5, 1.5] }).map(
    ({ data }) => data[0],
  );
  expect(Math.min(...levels)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...levels)).toBeLessThanOrEqual(150);
  expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(90);
});

test('properties without a range are not changed', () => {
  expect(results(9, image, { transform: 'color-jitter' }).every((result) => result === image)).toBe(true);
  const still = results(9, image, { transform: 'affine' });
  for (const { data } of still) expect(data).toEqual(image.data);
});

test('a blur has another sigma from its range for each image', () => {
  const dot = { width: 21, height: 21, channels: 3, data: new Uint8Array(1323) } as const;
  dot.data.fill(255, 3 * 220, 3 * 221);
  const peaks = results(200, dot, { transform: 'gaussian-blur', sigma: [0.8, 1.6] }).map(({ data }) =>
    Math.max(...data),
  );
  // The center of a Gaussian has 1 / (2 pi sigma^2) of the sum.
  const peak = (sigma: number) => 255 / (2 * Math.PI * sigma ** 2);
  expect(Math.min(...peaks)).toBeGreaterThanOrEqual(Math.floor(peak(1.6)));
  expect(Math.max(...peaks)).toBeLessThanOrEqual(Math.ceil(peak(0.8)));
  expect(new Set(peaks).size).toBeGreaterThan(30);
});

test('erasing paints a rectangle of the chosen area', () => {
  const source = { width: 40, height: 40, channels: 3, data: new Uint8Array(4800).fill(9) } as const;
  const erased = results(200, source, {
    transform: 'erasing',
    probability: 1,
    area: [0.1, 0.2],
    fill: [1, 2, 3],
  });
  for (const { data } of erased) {
    const fraction = data.filter((value) => value !== 9).length / data.length;
    expect(fraction).toBeGreaterThan(0.085);
    expect(fraction).toBeLessThan(0.225);
  }
});

test('a shift is an integer number of pixels within its range', () => {
  const dot = { width: 11, height: 11, channels: 3, data: new Uint8Array(363) } as const;
  dot.data.fill(200, 3 * 60, 3 * 61);
  const places = results(200, dot, { transform: 'affine', shift: [0.3, 0] }).map(
    ({ data }) => data.indexOf(200) / 3,
  );
  expect(new Set(places)).toEqual(new Set([57, 58, 59, 60, 61, 62, 63]));
});
