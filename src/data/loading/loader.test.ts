import { expect, test } from 'vitest';
import { countingDataset, flatImage } from '../../../test/images.ts';
import { DataError } from '../../base/errors.ts';
import type { Dataset } from '../dataset.ts';
import { type Batch, Loader, type LoaderOptions } from './loader.ts';

const preprocessing = [{ transform: 'normalize', mean: [0], std: [1] }] as const;

function loader(dataset: Dataset, options: Partial<LoaderOptions> = {}): Loader {
  return new Loader(dataset, { preprocessing, batchSize: 4, ...options });
}

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const collected: Batch[] = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

const indicesOf = (batches: readonly Batch[]) => batches.map(({ indices }) => [...indices]);

/** Samples that arrive in an order of their own. */
function slowDataset(
  length: number,
  fail: (index: number) => boolean = () => false,
): Dataset & { read: number[] } {
  const read: number[] = [];
  return {
    ...countingDataset(length),
    read,
    async get(index) {
      read.push(index);
      await new Promise((resolve) => setTimeout(resolve, (index * 7) % 5));
      if (fail(index)) throw new DataError('the file is damaged');
      return { image: flatImage(index), label: index % 2 };
    },
  };
}

test('batches hold images [N, C, H, W], labels and indices; the last one is smaller', async () => {
  const batches = await collect(loader(countingDataset(6)).epoch(0));
  expect(indicesOf(batches)).toEqual([
    [0, 1, 2, 3],
    [4, 5],
  ]);
  expect(batches[1].images.shape).toEqual([2, 1, 2, 2]);
  expect([...batches[1].images.data]).toEqual([4, 4, 4, 4, 5, 5, 5, 5]);
  expect([...batches[1].labels.data]).toEqual([0, 1]);
});

test('a partial batch is dropped on demand', async () => {
  const dropping = loader(countingDataset(6), { partial: 'drop' });
  expect(dropping.stepsPerEpoch).toBe(1);
  expect(indicesOf(await collect(dropping.epoch(0)))).toEqual([[0, 1, 2, 3]]);
});

test('the order changes with epoch and seed and with nothing else', async () => {
  const order = async (seed: number, epoch: number) =>
    indicesOf(await collect(loader(countingDataset(40), { shuffle: true, seed }).epoch(epoch))).flat();
  const first = await order(1, 0);
  expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(await order(1, 0)).toEqual(first);
  expect(await order(1, 1)).not.toEqual(first);
  expect(await order(2, 0)).not.toEqual(first);
});

test('an epoch that starts in the middle has the same batches', async () => {
  const shuffled = loader(countingDataset(23), { shuffle: true });
  const whole = await collect(shuffled.epoch(5));
  expect(await collect(shuffled.epoch(5, 3))).toEqual(whole.slice(3));
  expect(await collect(shuffled.epoch(5, shuffled.stepsPerEpoch))).toEqual([]);
});

test('samples that arrive out of order are put in their places', async () => {
  expect(await collect(loader(slowDataset(22)).epoch(0))).toEqual(
    await collect(loader(countingDataset(22)).epoch(0)),
  );
});

test('no more batches are prepared than asked for, and none after the caller stops', async () => {
  const dataset = slowDataset(100);
  const batches = loader(dataset, { prefetch: 1 }).epoch(0);
  await batches.next();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(Math.max(...dataset.read)).toBe(7);
  await batches.return();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(Math.max(...dataset.read)).toBe(7);
});

test('an error in a sample is thrown by the batch that needs it, and names the sample', async () => {
  const batches = loader(slowDataset(20, (index) => index === 9)).epoch(0);
  await batches.next();
  await batches.next();
  await expect(batches.next()).rejects.toThrow('sample 9: the file is damaged');
  expect((await batches.next()).done).toBe(true);
});

test('an image of another shape names the sample', async () => {
  const odd = {
    ...countingDataset(4),
    get: (index: number) => ({ image: flatImage(0, 2 + (index % 2)), label: 0 }),
  };
  await expect(loader(odd).epoch(0).next()).rejects.toThrow(
    'sample 1: the image is [1, 3, 2] after preprocessing',
  );
});

test('arrays are used again only when their batch is given back', async () => {
  const kept = loader(countingDataset(12), { prefetch: 0 });
  expect(new Set((await collect(kept.epoch(0))).map(({ images }) => images.data)).size).toBe(3);
  const given = new Set<Float32Array>();
  for await (const batch of kept.epoch(1)) {
    given.add(batch.images.data);
    kept.recycle(batch);
  }
  expect(given.size).toBe(1);
});

test('images are mixed by (seed, epoch, step), the same wherever an epoch starts', async () => {
  const mixing = loader(countingDataset(12), { shuffle: true, mixing: { mixup: 1 } });
  const whole = await collect(mixing.epoch(2));
  expect(await collect(mixing.epoch(2, 1))).toEqual(whole.slice(1));
  for (const { softLabels, labels } of whole) {
    expect(softLabels!.shape).toEqual([4, 2]);
    for (const [row, label] of labels.data.entries()) {
      const [even, odd] = softLabels!.data.subarray(2 * row, 2 * row + 2);
      expect(even + odd).toBeCloseTo(1, 6);
      expect([even, odd][label]).toBeGreaterThan(0);
    }
  }
  const [plain] = await collect(loader(countingDataset(12)).epoch(2));
  expect(plain).not.toHaveProperty('softLabels');
});

test('misuse says what to change', () => {
  const small = countingDataset(3);
  expect(() => loader(small, { batchSize: 0 })).toThrow('batch size must be a positive integer, got 0');
  expect(() => loader(small, { partial: 'drop' })).toThrow('batch size 4 is larger than the 3 images');
  expect(() => loader(countingDataset(0))).toThrow('the data set has no images');
});
