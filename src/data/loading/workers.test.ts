// Batches made by worker threads, which run the build (dist/).
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FILE_SIZE, writeLabeledFiles } from '../../../test/labeled-files.ts';
import type { Dataset } from '../dataset.ts';
import { FileDataset, type LabeledFile } from '../file-dataset.ts';
import type { TransformList } from '../transforms/transforms.ts';
import type { Job } from './job.ts';
import { type Batch, Loader, type LoaderOptions } from './loader.ts';
import { runOnThread } from './threads.ts';

const COUNT = 22;
let files: LabeledFile[];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-workers-'));
  files = await writeLabeledFiles(folder, COUNT);
});
afterAll(() => rmSync(folder, { recursive: true }));

const preprocessing: TransformList = [
  { transform: 'random-resized-crop', size: [16, 16] },
  { transform: 'horizontal-flip' },
  { transform: 'color-jitter', brightness: [0.8, 1.2] },
  { transform: 'normalize', mean: [120, 110, 100], std: [50, 60, 70] },
];

function loader(options: Partial<LoaderOptions> = {}, dataset: Dataset = dataSet()): Loader {
  return new Loader(dataset, { preprocessing, batchSize: 4, shuffle: true, seed: 3, ...options });
}

function dataSet(change: (files: readonly LabeledFile[]) => readonly LabeledFile[] = (all) => all): Dataset {
  return new FileDataset(['even', 'odd'], change(files));
}

async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const collected: Batch[] = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

/** All numbers of each batch in a few letters: comparing them one by one takes seconds. */
async function fingerprints(batches: AsyncIterable<Batch>): Promise<string[]> {
  return (await collect(batches)).map(({ images, labels, softLabels, indices }) => {
    const hash = createHash('sha256').update(images.data).update(labels.data).update(indices);
    return `${images.shape} ${hash.update(softLabels?.data ?? '').digest('hex')}`;
  });
}

test.each([
  ['plain', {}],
  ['mixed', { mixing: { mixup: 0.4, cutmix: 1 } }],
  ['balanced', { balance: true }],
  ['cached', { cacheBytes: 10 * 3 * FILE_SIZE.width * FILE_SIZE.height }],
] as const)(
  '%s batches are the same with 0, 1, 2 and 5 workers, also from the middle on',
  async (_, options) => {
    const alone = loader({ ...options, workers: 0 });
    const expected = [await fingerprints(alone.epoch(0)), await fingerprints(alone.epoch(1))];
    expect(expected[0].map((text) => Number.parseInt(text, 10))).toEqual([4, 4, 4, 4, 4, 2]);
    expect(expected[0]).not.toEqual(expected[1]);
    for (const workers of [1, 2, 5]) {
      const several = loader({ ...options, workers });
      expect(await fingerprints(several.epoch(0))).toEqual(expected[0]);
      expect(await fingerprints(several.epoch(1))).toEqual(expected[1]);
      expect(await fingerprints(loader({ ...options, workers }).epoch(1, 4))).toEqual(expected[1].slice(4));
    }
  },
);

test('files come out as the data set reads them', async () => {
  const plain: TransformList = [{ transform: 'normalize', mean: [0, 0, 0], std: [1, 1, 1] }];
  const dataset = dataSet();
  const [batch] = await collect(loader({ preprocessing: plain, batchSize: COUNT, workers: 1 }).epoch(0));
  const size = 3 * FILE_SIZE.width * FILE_SIZE.height;
  for (const [slot, index] of batch.indices.entries()) {
    const { image, label } = await dataset.get(index);
    const values = batch.images.data.subarray(slot * size, (slot + 1) * size);
    const pixels = [0, 1, 2].flatMap((c) => [...image.data].filter((_, i) => i % 3 === c));
    expect([...values]).toEqual(pixels);
    expect(batch.labels.data[slot]).toBe(label);
  }
});

test.each([0, 2])(
  'an unreadable file is named by the batch that needs it, with %i workers',
  async (workers) => {
    const path = join(folder, 'broken.jpg');
    writeFileSync(path, 'not an image');
    const dataset = dataSet((all) => [...all.slice(0, 9), { path, label: 0 }, ...all.slice(10)]);
    const batches = loader({ workers, shuffle: false }, dataset).epoch(0);
    await batches.next();
    await batches.next();
    await expect(batches.next()).rejects.toThrow(
      /^.*broken\.jpg: is not a readable image.*To skip files that cannot be read, use withoutUnreadable/,
    );
    expect((await batches.next()).done).toBe(true);
  },
);

test('an image of another shape names its file', async () => {
  const odd = join(folder, 'odd.png');
  await sharp({ create: { width: 9, height: 5, channels: 3, background: 'red' } })
    .png()
    .toFile(odd);
  const dataset = dataSet((all) => [...all.slice(0, 3), { path: odd, label: 0 }]);
  const whole: TransformList = [{ transform: 'normalize', mean: [0, 0, 0], std: [1, 1, 1] }];
  const batches = loader({ preprocessing: whole, workers: 1, shuffle: false }, dataset).epoch(0);
  await expect(batches.next()).rejects.toThrow(`${odd}: the image is [3, 5, 9] after preprocessing`);
});

test('a worker that dies is an error, and the next batch gets another worker', async () => {
  await expect(runOnThread({} as Job, (length) => new Float32Array(length))).rejects.toThrow(
    'a worker of the loader ended while preparing a batch',
  );
  expect(await collect(loader({ workers: 1 }).epoch(0))).toHaveLength(6);
});

test('no more files are asked for than the batches in preparation have', async () => {
  const asked: number[] = [];
  const dataset = dataSet();
  const counting: Dataset = {
    ...dataset,
    label: (index) => dataset.label(index),
    describe: (index) => dataset.describe(index),
    get: (index) => dataset.get(index),
    file: (index) => {
      asked.push(index);
      return dataset.file!(index);
    },
  };
  const batches = loader({ workers: 2, prefetch: 2, shuffle: false }, counting).epoch(0);
  await batches.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(Math.max(...asked)).toBe(4 * 3 - 1);
  await batches.return();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(Math.max(...asked)).toBe(4 * 3 - 1);
});

test('arrays that are given back come again with other images', async () => {
  const recycling = loader({ workers: 1, prefetch: 0 });
  const indices: number[][] = [];
  const values: number[] = [];
  for await (const batch of recycling.epoch(0)) {
    indices.push([...batch.indices]);
    values.push(batch.images.data[0]);
    recycling.recycle(batch);
  }
  const expected = await collect(loader({ workers: 0 }).epoch(0));
  expect(indices).toEqual(expected.map((batch) => [...batch.indices]));
  expect(values).toEqual(expected.map(({ images }) => images.data[0]));
});

test.each([0, 2])(
  'cached images are not read again, and no more than fit, with %i workers',
  async (workers) => {
    const away = join(folder, 'away');
    const size = 3 * FILE_SIZE.width * FILE_SIZE.height;
    const caching = loader({ workers, cacheBytes: COUNT * size });
    const small = loader({ workers, cacheBytes: (COUNT - 1) * size });
    const expected = await fingerprints(caching.epoch(1));
    await fingerprints(small.epoch(1));
    renameSync(files[0].path, away);
    try {
      expect(await fingerprints(caching.epoch(1))).toEqual(expected);
      for (const file of files.slice(1)) renameSync(file.path, `${file.path}.away`);
      expect(await fingerprints(caching.epoch(1))).toEqual(expected);
      await expect(fingerprints(small.epoch(1))).rejects.toThrow('cannot be read (ENOENT)');
    } finally {
      renameSync(away, files[0].path);
      for (const file of files.slice(1)) renameSync(`${file.path}.away`, file.path);
    }
  },
);

test('the number of workers is an integer', () => {
  expect(() => loader({ workers: -1 })).toThrow(
    'number of workers must be an integer from 0 to 1,024, got -1',
  );
  expect(() => loader({ cacheBytes: 1.5 })).toThrow('cacheBytes must be a non-negative integer, got 1.5');
});
