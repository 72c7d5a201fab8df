import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { countingSplits, flatImage } from '../../../test/images.ts';
import { encodePng } from '../../image/encode.ts';
import { openFolder } from '../folder/folder.ts';
import { MNIST, openMnist } from '../sources/mnist.ts';
import { PixelStatistics } from './pixel-statistics.ts';
import { survey } from './survey.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-survey-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

const png = (value: number, height = 2, width = 2) => encodePng(flatImage(value, height, width));

test('counts, sizes, mean and std are those of all readable images', async () => {
  await put('train/cat/0.png', await png(0));
  await put('train/cat/1.png', await png(100, 4, 6));
  await put('train/dog/2.png', await png(250, 1, 4));
  await put('valid/dog/3.png', '');
  const found = await survey(await openFolder(folder));
  expect(found.splits.train).toEqual({
    count: 3,
    perClass: [
      { label: 'cat', count: 2 },
      { label: 'dog', count: 1 },
    ],
  });
  expect(found.splits.valid.count).toBe(1);
  expect(found.sizes).toEqual({
    width: { min: 2, median: 4, max: 6 },
    height: { min: 1, median: 2, max: 4 },
    grey: 3,
    rgb: 0,
  });
  const mean = (24 * 100 + 4 * 250) / 32;
  expect(found.mean![0]).toBeCloseTo(mean, 10);
  expect(found.std![0]).toBeCloseTo(Math.sqrt((24 * 100 ** 2 + 4 * 250 ** 2) / 32 - mean ** 2), 10);
  expect(found.duplicates).toEqual([]);
  expect(found.unreadable).toEqual([
    { name: join(folder, 'valid/dog/3.png'), reason: expect.stringContaining('an empty file') },
  ]);
});

test('files with the same bytes are found, with leaks and labels that disagree', async () => {
  for (const path of ['train/cat/a.png', 'train/cat/b.png', 'test/cat/c.png']) await put(path, await png(1));
  for (const path of ['train/cat/d.png', 'train/dog/e.png']) await put(path, await png(2));
  await put('test/dog/f.png', await png(3));
  const { duplicates } = await survey(await openFolder(folder));
  const name = (path: string) => join(folder, path);
  expect(duplicates).toEqual([
    {
      images: [
        { name: name('train/cat/a.png'), split: 'train', label: 'cat' },
        { name: name('train/cat/b.png'), split: 'train', label: 'cat' },
        { name: name('test/cat/c.png'), split: 'test', label: 'cat' },
      ],
      leaks: true,
      disagree: false,
    },
    {
      images: [
        { name: name('train/cat/d.png'), split: 'train', label: 'cat' },
        { name: name('train/dog/e.png'), split: 'train', label: 'dog' },
      ],
      leaks: false,
      disagree: true,
    },
  ]);
});

test('images in memory with the same pixels are duplicates too', async () => {
  const heard: number[] = [];
  const { duplicates } = await survey(countingSplits(3, 2, 0), (done) => heard.push(done));
  expect(duplicates.map(({ images }) => images.map(({ name, split }) => `${name} of ${split}`))).toEqual([
    ['sample 0 of train', 'sample 0 of valid'],
    ['sample 1 of train', 'sample 1 of valid'],
  ]);
  expect(heard).toEqual([1, 2, 3, 4, 5]);
});

test('a data set without readable images has no sizes and no mean', async () => {
  for (const path of ['cat/a.png', 'dog/b.png']) await put(path, 'not an image');
  const found = await survey(await openFolder(folder));
  expect(found).not.toHaveProperty('sizes');
  expect(found).not.toHaveProperty('mean');
  expect(found.unreadable).toHaveLength(2);
});

test('grayscale images count in all channels where there are colored ones', () => {
  const statistics = new PixelStatistics();
  statistics.add(flatImage(40, 1, 1));
  statistics.add({ width: 1, height: 1, channels: 3, data: Uint8Array.of(60, 80, 100) });
  expect(statistics.result).toEqual({ mean: [50, 60, 70], std: [10, 20, 30] });
});

const mnist = dataFolder('mnist');
testIf(mnist, noData('mnist'))('MNIST has the mean .1307 and std .3081 that everybody uses', async () => {
  const { splits, name, classes } = await openMnist(MNIST, { dataDir: mnist });
  const { train, valid } = splits;
  const data = { name, classes, splits: { train, valid, test: { ...train, length: 0 } } };
  const { mean, std, duplicates } = await survey(data);
  expect((mean![0] / 255).toFixed(4)).toBe('0.1307');
  expect((std![0] / 255).toFixed(4)).toBe('0.3081');
  expect(duplicates).toEqual([]);
});
