import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataError } from '../../base/errors.ts';
import type { Sample } from '../dataset.ts';
import { MNIST, openMnist } from './mnist.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-mnist-json-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An image whose pixel i is byte (i + start) % 256, as a number of the file. */
function image(start: number, toNumber: (byte: number) => number): number[] {
  return Array.from({ length: 784 }, (_, i) => toNumber((i + start) % 256));
}

/** Two, one and one images. */
function parts(toNumber: (byte: number) => number) {
  return [
    [
      [image(0, toNumber), image(1, toNumber)],
      [5, 0],
    ],
    [[image(2, toNumber)], [4]],
    [[image(3, toNumber)], [9]],
  ];
}

async function open(content: unknown, name = 'mnist.json.gz') {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const path = join(folder, name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return openMnist(MNIST, { dataDir: path });
}

test.each([
  ['0..255', (byte: number) => byte],
  ['0..1', (byte: number) => byte / 255],
  ['-1..1', (byte: number) => byte / 127.5 - 1],
])('pixels %s become bytes', async (_, toNumber) => {
  const { splits } = await open(parts(toNumber));
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([2, 1, 1]);
  expect([splits.train.label(0), splits.train.label(1), splits.test.label(0)]).toEqual([5, 0, 9]);
  const { image: first } = splits.train.get(1) as Sample;
  expect([first.width, first.height, first.channels]).toEqual([28, 28, 1]);
  expect([...first.data]).toEqual(image(1, (byte) => byte));
});

test('a plain file in a folder is found, and numbers may be written in any way', async () => {
  const text = JSON.stringify(parts((byte) => byte))
    .replaceAll(',', ' ,\n')
    .replaceAll(' 100 ', ' 1.0e+2 ')
    .replace('200', '2000E-1');
  await writeFile(join(folder, 'mnist.json'), text);
  await rm(join(folder, 'mnist.json.gz'), { force: true });
  const { splits } = await openMnist(MNIST, { dataDir: folder });
  expect([...(splits.valid.get(0) as Sample).image.data]).toEqual(image(2, (byte) => byte));
});

const usual = parts((byte) => byte);
test.each([
  [
    'pixels out of range',
    parts((byte) => 2 * byte),
    'its pixels range from 0 to 510; expected 0 to 255, 0 to 1, or -1',
  ],
  [
    'images of another size',
    [[[[1, 2, 3]], [1]]],
    'has an unexpected structure at [0][0][0]; expected 3 times',
  ],
  ['another nesting', [[[1, 2], [1]]], 'has an unexpected structure at [0][0][0]'],
  ['four parts', [...usual, ...usual], 'has an unexpected structure at [3][0][0][0]'],
  ['a label too few', [[usual[0][0], [5]], usual[1], usual[2]], 'part 0 has 2 images, but 1 labels'],
  ['a label too high', [usual[0], [usual[1][0], [10]], usual[2]], 'label 0 of part 1 is 10; expected 0 to 9'],
  ['half a file', JSON.stringify(usual).slice(0, 9999), 'ends inside its lists, after 9999 bytes'],
  ['something else', '{"images": []}', 'unexpected byte 0 in lists of numbers'],
])('%s: refused', async (_, content, message) => {
  const refused = open(content, 'mnist.json');
  await expect(refused).rejects.toThrow(DataError);
  await expect(refused).rejects.toThrow(`mnist.json: ${message}`);
});

test('damaged gzip data are refused', async () => {
  const path = join(folder, 'mnist.json.gz');
  await writeFile(path, gzipSync(JSON.stringify(usual)).subarray(0, 200));
  await expect(openMnist(MNIST, { dataDir: path })).rejects.toThrow('mnist.json.gz: cannot be read');
});
