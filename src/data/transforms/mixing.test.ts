import { expect, test } from 'vitest';
import { DataError } from '../../base/errors.ts';
import { floatTensor, intTensor } from '../../tensor/tensor.ts';
import { type Mixing, mixBatch, readMixing } from './mixing.ts';

const [height, width] = [8, 10];
const size = 2 * height * width;
const labels = intTensor([5], [2, 0, 1, 0, 1]);

/** Five images of two channels; image i is i everywhere. */
function batch() {
  const data = Float32Array.from({ length: 5 * size }, (_, i) => Math.floor(i / size));
  return floatTensor([5, 2, height, width], data);
}

function mixed(mixing: Mixing, step = 0, seed = 0) {
  const images = batch();
  const soft = mixBatch(images, labels, 3, mixing, { seed, epoch: 1, step });
  const pixels = (image: number) => [...images.data.subarray(image * size, (image + 1) * size)];
  return { pixels, soft: (row: number) => [...soft.data.subarray(3 * row, 3 * row + 3)] };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('MixUp weighs pixels and labels of image i and image N - 1 - i alike', () => {
  const { pixels, soft } = mixed({ mixup: 1 });
  const fraction = soft(0)[2];
  expect(fraction).toBeGreaterThan(0);
  expect(soft(0)[1]).toBeCloseTo(1 - fraction, 6);
  expect(new Set(pixels(0)).size).toBe(1);
  expect(pixels(0)[0]).toBeCloseTo(4 * (1 - fraction), 6);
  expect(pixels(4)[0]).toBeCloseTo(4 * fraction, 6);
  expect(pixels(2)[0]).toBe(2);
  expect(soft(2)).toEqual([0, 1, 0]);
  expect(soft(1)).toEqual([1, 0, 0]);
});

test('CutMix exchanges one rectangle, and labels by its area', () => {
  for (let step = 0; step < 20; step++) {
    const { pixels, soft } = mixed({ cutmix: 1 }, step);
    const fromOther = pixels(1).map((pixel) => pixel === 3);
    expect(pixels(3).map((pixel) => pixel === 1)).toEqual(fromOther);
    expect(pixels(1).every((pixel) => pixel === 1 || pixel === 3)).toBe(true);
    const fraction = mean(fromOther.map(Number));
    expect(soft(0)[1]).toBeCloseTo(fraction, 6);
    expect(mean(pixels(0))).toBeCloseTo(4 * fraction, 6);
    const places = fromOther.flatMap((is, i) =>
      is && i < height * width ? [[Math.floor(i / width), i % width]] : [],
    );
    const [rows, columns] = [0, 1].map((axis) => new Set(places.map((place) => place[axis])).size);
    expect(rows * columns).toBe(places.length);
  }
});

test('a batch is mixed by (seed, epoch, step)', () => {
  const fraction = (seed: number, step: number) => mixed({ mixup: 1 }, step, seed).soft(0)[2];
  expect(fraction(0, 0)).toBe(fraction(0, 0));
  expect(new Set([fraction(0, 0), fraction(1, 0), fraction(0, 1)]).size).toBe(3);
});

test('fractions are spread as Beta(alpha, alpha): evenly for 1, towards the ends below, to the middle above', () => {
  const fractions = (mixup: number) =>
    Array.from({ length: 600 }, (_, step) => mixed({ mixup }, step).soft(0)[2]);
  const variance = (values: readonly number[]) => mean(values.map((value) => (value - 0.5) ** 2));
  for (const alpha of [0.2, 1, 8]) {
    const drawn = fractions(alpha);
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean(drawn) - 0.5)).toBeLessThan(0.06);
    expect(Math.abs(variance(drawn) / expected - 1)).toBeLessThan(0.15);
  }
});

test('with both, some batches are mixed up and some cut', () => {
  const ways = Array.from(
    { length: 20 },
    (_, step) => new Set(mixed({ mixup: 1, cutmix: 1 }, step).pixels(0)),
  );
  expect(ways.some((values) => ![...values].every(Number.isInteger))).toBe(true);
  expect(ways.some((values) => values.size === 2)).toBe(true);
});

test.each([
  [{}, 'mixing: has neither mixup nor cutmix'],
  [{ mixup: 0 }, 'mixing: mixup is 0; expected a number from 0.001 to 100'],
  [7, 'mixing is 7; expected an object'],
])('the mixing %j is refused', (json, message) => {
  expect(() => readMixing(json, 'mixing')).toThrow(DataError);
  expect(() => readMixing(json, 'mixing')).toThrow(message);
});
