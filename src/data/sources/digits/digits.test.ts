// The drawn digits: same pixels always, balanced, and laid out like scanned ones.
import { expect, test } from 'vitest';
import type { Image } from '../../../image/image.ts';
import { digits } from './digits.ts';

const SIZE = 28;
const CENTER = 14.5;
const { train, valid, test: tests } = digits().splits;

function image(dataset: typeof train, index: number): Image {
  return (dataset.get(index) as { image: Image }).image;
}

function key(dataset: typeof train, index: number): string {
  return Buffer.from(image(dataset, index).data).toString('base64');
}

function meanInk({ data }: Image): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

function centerOfMass({ data }: Image): [number, number] {
  let [x, y, mass] = [0, 0, 0];
  data.forEach((value, i) => {
    x += value * ((i % SIZE) + 0.5);
    y += value * (Math.floor(i / SIZE) + 0.5);
    mass += value;
  });
  return [x / mass, y / mass];
}

const FIRST = Array.from({ length: 1000 }, (_, i) => i);

test('an image depends on its index alone, not on the order of asking', () => {
  const forwards = [0, 1, 2, 3].map((i) => key(digits().splits.train, i));
  const fresh = digits().splits.train;
  expect([3, 2, 1, 0].map((i) => key(fresh, i)).reverse()).toEqual(forwards);
});

test('sample 3 is the same on every machine', () => {
  const middleRow = [...image(train, 3).data.subarray(14 * SIZE, 15 * SIZE)];
  const stored = [...new Array<number>(13).fill(0), 17, 115, 211, 244, 142, ...new Array<number>(10).fill(0)];
  middleRow.forEach((value, column) => {
    expect(Math.abs(value - stored[column]), `column ${column}: ${value}`).toBeLessThanOrEqual(2);
  });
});

test('seeds and splits show different digits', () => {
  const other = digits({ seed: 1 }).splits.train;
  expect(new Set([train, valid, tests, other].map((dataset) => key(dataset, 7))).size).toBe(4);
});

test('the first thousand images all differ', () => {
  expect(new Set(FIRST.map((i) => key(train, i))).size).toBe(1000);
});

test('every ten samples show every digit once', () => {
  const counts = new Array<number>(10).fill(0);
  for (const i of FIRST) counts[train.label(i)]++;
  expect(counts).toEqual(new Array(10).fill(100));
  expect([train.length, valid.length, tests.length]).toEqual([20_000, 2_000, 2_000]);
});

test('a digit is white on black, with neither too little nor too much ink', () => {
  for (const i of FIRST) {
    const drawn = image(train, i);
    expect(drawn.data[0], `corner of ${i}`).toBe(0);
    expect(meanInk(drawn), `ink of ${i}`).toBeGreaterThan(6);
    expect(meanInk(drawn), `ink of ${i}`).toBeLessThan(100);
    expect(Math.max(...drawn.data), `whitest of ${i}`).toBeGreaterThan(120);
  }
});

test('the center of mass is near the middle', () => {
  for (const i of FIRST) {
    const [x, y] = centerOfMass(image(train, i));
    expect(Math.hypot(x - CENTER, y - CENTER), `sample ${i}`).toBeLessThan(5);
  }
});
