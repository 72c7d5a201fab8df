import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idxBytes, idxImages, idxLabels } from '../../../test/idx.ts';
import { DataError } from '../../base/errors.ts';
import { openIdx, parseIdx } from './idx.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(images: Uint8Array, labels: Uint8Array, classes = '0123456789') {
  await writeFile(join(folder, 'images'), images);
  await writeFile(join(folder, 'labels'), labels);
  return openIdx('tiny', join(folder, 'images'), join(folder, 'labels'), [...classes]);
}

test('images and labels are read from gzipped and from plain files', async () => {
  const dataset = await open(idxImages(12), idxBytes([12], Array(12).fill(3)));
  expect([dataset.length, dataset.label(11), dataset.describe(11)]).toEqual([12, 3, 'tiny image 11']);
  const data = Uint8Array.of(11, 11, 11, 11);
  expect(dataset.get(11)).toEqual({ image: { width: 2, height: 2, channels: 1, data }, label: 3 });
});

test.each([
  [
    'another kind of file',
    Buffer.from('<html>'),
    'starts with "3c 68 74 6d", but an IDX file of bytes starts with',
  ],
  ['floats', Buffer.from([0, 0, 13, 1, 0, 0, 0, 0]), 'starts with "00 00 0d 01"'],
  ['half a header', Buffer.from([0, 0, 8, 3, 0]), 'ends inside its header'],
  [
    'missing bytes',
    idxBytes([2, 2], [1, 2, 3]),
    'its header declares [2, 2], which is 4 bytes, but 3 follow: the file is truncated',
  ],
  [
    'bytes too many',
    idxBytes([2], [1, 2, 3]),
    'its header declares [2], which is 2 bytes, but 3 follow: there are bytes after the end',
  ],
  ['half a gzip file', idxImages(9).subarray(0, 30), 'its gzip data is damaged'],
])('%s: refused', async (_, bytes, message) => {
  await expect(parseIdx(bytes, 'x.gz')).rejects.toThrow(DataError);
  await expect(parseIdx(bytes, 'x.gz')).rejects.toThrow(`x.gz: ${message}`);
});

test('files that do not belong together are refused', async () => {
  await expect(open(idxImages(3), idxLabels(4))).rejects.toThrow('images has 3 images, but');
  await expect(open(idxLabels(4), idxImages(4))).rejects.toThrow(
    'are the files of images and labels swapped?',
  );
  await expect(open(idxImages(9), idxLabels(9), '01234567')).rejects.toThrow(
    'label 8 is 8, but there are 8 classes',
  );
});
