import { expect, test } from 'vitest';
import { concatenate, type Dataset, pick, slice } from '../data/dataset.ts';
import { digits } from '../data/sources/digits/digits.ts';
import type { Image } from '../image/image.ts';
import { RandomStream } from '../tensor/random.ts';
import { drawImages } from './image-set.ts';
import { measureShift, type Shift } from './index.ts';

const source = digits({ seed: 0 });
const reference = slice(source.splits.train, 0, 200);
const target = slice(source.splits.train, 200, 320);

function changed(dataset: Dataset, change: (image: Image, index: number) => Image): Dataset {
  const get = async (index: number) => {
    const { image, label } = await dataset.get(index);
    return { label, image: change(image, index) };
  };
  return { ...dataset, get };
}

function movedRight(image: Image, pixels: number): Image {
  const data = image.data.map((_, i) => (i % image.width < pixels ? 0 : image.data[i - pixels]));
  return { ...image, data };
}

function noisy(image: Image, index: number, std: number): Image {
  const random = new RandomStream(0, 'noise', index);
  const data = image.data.map((value, i) => Math.max(0, Math.min(255, value + std * random.normal(i))));
  return { ...image, data };
}

async function shiftTo(other: Dataset): Promise<Shift> {
  return (await measureShift(reference, other)).shift;
}

test('there is no shift between images of the same kind', async () => {
  const { verdict, distance, classifier, classes, statistics } = await shiftTo(target);
  expect(verdict).toEqual({ level: 'same', differs: [] });
  expect(distance.ratio).toBeLessThan(1.5);
  expect(classifier.interval[0]).toBeLessThan(0.5);
  expect(classes.common.map(({ label }) => label)).toEqual([...'0123456789']);
  for (const { difference } of statistics) expect(Math.abs(difference!)).toBeLessThan(0.3);
});

test('the distance grows with the displacement of the images', async () => {
  const shifts = await Promise.all(
    [1, 2, 4].map((pixels) => shiftTo(changed(target, (image) => movedRight(image, pixels)))),
  );
  const distances = shifts.map(({ distance }) => distance.frechet);
  expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  expect(shifts.slice(1).map(({ distance }) => distance.beyondChance)).toEqual([true, true]);
  expect(shifts[2].verdict.level).not.toBe('same');
});

test('the distance grows with noise, and the verdict is sharper', async () => {
  const shifts = await Promise.all(
    [10, 30, 90].map((std) => shiftTo(changed(target, (image, index) => noisy(image, index, std)))),
  );
  const distances = shifts.map(({ distance }) => distance.frechet);
  expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  expect(shifts[2].verdict.level).toBe('entirely');
  expect(shifts[2].verdict.differs).toContain('sharper');
});

test('outliers come first, and a missing class is named', async () => {
  const places = Array.from({ length: target.length }, (_, i) => i);
  const rest = pick(
    target,
    places.filter((i) => target.classes[target.label(i)] !== '1'),
  );
  const inverted = changed(slice(rest, 0, 3), (image) => ({
    ...image,
    data: image.data.map((value) => 255 - value),
  }));
  const odd = { ...inverted, describe: (index: number) => `inverted ${index}` };
  const { foreign, classes } = await shiftTo(concatenate([rest, odd]));
  const [first, second, third] = foreign.examples;
  expect([first, second, third].map((example) => example.image).sort()).toEqual(
    [0, 1, 2].map((index) => `inverted ${index}`),
  );
  expect(third.distance).toBeGreaterThan(foreign.usual);
  expect(classes).toMatchObject({ onlyReference: ['1'], onlyTarget: [] });
});

test('too few images are rejected', async () => {
  await expect(measureShift(slice(reference, 0, 19), target)).rejects.toThrow(
    'the reference must have at least 20 images, got 19',
  );
  await expect(measureShift(reference, slice(target, 0, 9))).rejects.toThrow(
    'the target must have at least 10 images, got 9',
  );
});

test('the random sample of images is always the same', () => {
  const names = () => {
    const drawn = drawImages(reference, 5);
    return Array.from({ length: drawn.length }, (_, i) => drawn.describe(i));
  };
  expect(new Set(names()).size).toBe(5);
  expect(names()).toEqual(names());
});
