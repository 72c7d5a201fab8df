import { expect, test } from 'vitest';
import { countingDataset } from '../../../test/images.ts';
import type { Dataset } from '../dataset.ts';
import { createOrder } from './order.ts';

/** Classes 0 to 3 with 70, 25, 5 and no images. */
const uneven: Dataset = {
  ...countingDataset(100, ['many', 'some', 'few', 'none']),
  label: (index) => (index < 70 ? 0 : index < 95 ? 1 : 2),
};

function countsOf(indices: Uint32Array): number[] {
  const counts = uneven.classes.map(() => 0);
  for (const index of indices) counts[uneven.label(index)]++;
  return counts;
}

test('a balanced epoch is as long as the data set, and has every class with images equally often', () => {
  const sums = [0, 0, 0, 0];
  for (let epoch = 0; epoch < 300; epoch++) {
    const counts = countsOf(createOrder(uneven, 'balanced', 7, epoch).indices);
    expect([...counts].sort()).toEqual([0, 33, 33, 34]);
    for (const [label, count] of counts.entries()) sums[label] += count;
  }
  // Which class gets one more image is random: each about 100 times in 300 epochs, standard deviation 8.
  for (const sum of sums.slice(0, 3)) expect(Math.abs(sum - 33 * 300 - 100)).toBeLessThan(40);
});

test('no image of a class comes again before all of it have come, and a repeated one has another key', () => {
  const { indices, keys } = createOrder(uneven, 'balanced', 0, 3);
  const few = [...indices].filter((index) => index >= 95);
  for (let image = 95; image < 100; image++) {
    expect([6, 7]).toContain(few.filter((index) => index === image).length);
  }
  const many = [...indices].filter((index) => index < 70);
  expect(new Set(many).size).toBe(many.length);
  expect(new Set(keys).size).toBe(100);
  expect([...keys].map((key) => key % 100)).toEqual([...indices]);
});

test('over many epochs every image of a large class is drawn about equally often', () => {
  const times = new Array<number>(70).fill(0);
  for (let epoch = 0; epoch < 400; epoch++) {
    for (const index of createOrder(uneven, 'balanced', 1, epoch).indices) if (index < 70) times[index]++;
  }
  // 400 epochs x 33.3 of 70 images: 190 each; standard deviation 10.
  for (const count of times) expect(Math.abs(count - 190)).toBeLessThan(50);
});

test('classes are mixed through a balanced epoch, in an order of (seed, epoch)', () => {
  const { indices } = createOrder(uneven, 'balanced', 5, 0);
  for (const counts of [countsOf(indices.subarray(0, 50)), countsOf(indices.subarray(50))]) {
    for (const count of counts.slice(0, 3)) expect(count).toBeGreaterThan(7);
  }
  expect(createOrder(uneven, 'balanced', 5, 0)).toEqual(createOrder(uneven, 'balanced', 5, 0));
  expect(createOrder(uneven, 'balanced', 5, 1).indices).not.toEqual(indices);
  expect(createOrder(uneven, 'balanced', 6, 0).indices).not.toEqual(indices);
});

test('classes of one size give every image once, as shuffling does', () => {
  const even = countingDataset(40);
  const { indices, keys } = createOrder(even, 'balanced', 0, 0);
  expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(keys).toEqual(indices);
});
