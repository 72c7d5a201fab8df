import { cp, mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyData } from '../../test/tiny.ts';
import { openFolder } from '../data/folder/folder.ts';
import { memoryDataset } from '../data/memory-dataset.ts';
import { differences, type Fingerprint, fingerprintOf } from './fingerprint.ts';

let folder: string;
let photos: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-fingerprint-'));
  photos = join(folder, 'photos');
  for (const name of ['cat', 'dog']) {
    await mkdir(join(photos, name), { recursive: true });
    for (let i = 0; i < 10; i++) await writeFile(join(photos, name, `${i}.jpg`), `${name} ${i}`);
  }
});
afterEach(() => rm(folder, { recursive: true }));

const look = async (place = photos, before?: Fingerprint) => fingerprintOf(await openFolder(place), before);

/** Without the contents, as of a data set that is too large to be read whole. */
function unread(fingerprint: Fingerprint): Fingerprint {
  const entries = Object.entries(fingerprint).map(([split, files]) => [
    split,
    typeof files === 'string' ? files : files.map(({ checksum: _, ...record }) => record),
  ]);
  return Object.fromEntries(entries);
}

test('a data set that is the same, copied or moved does not differ', async () => {
  const before = await look();
  expect(differences(before, await look(photos, before))).toEqual([]);
  await cp(photos, join(folder, 'copy'), { recursive: true });
  await utimes(join(folder, 'copy/cat/3.jpg'), 1, 1);
  expect(differences(before, await look(join(folder, 'copy'), before))).toEqual([]);
  await rename(photos, join(folder, 'moved'));
  expect(differences(before, await look(join(folder, 'moved'), before))).toEqual([]);
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'another content of the same size, at the same time',
    async () => {
      await writeFile(join(photos, 'cat/3.jpg'), 'cow 3');
      await utimes(join(photos, 'cat/3.jpg'), 1, 1);
    },
    /^1 file changed \(cat\/3\.jpg: content\)$/,
  ],
  [
    'another size',
    () => writeFile(join(photos, 'dog/0.jpg'), 'a larger dog'),
    /^1 file changed \(dog\/0\.jpg: 12 bytes, were 5\)$/,
  ],
  [
    'a new file',
    () => writeFile(join(photos, 'dog/10.jpg'), 'dog 10'),
    /^1 file new \(dog\/10\.jpg\), 2 files changed \(dog\/3\.jpg: in valid, was in train; /,
  ],
  ['a missing file', () => rm(join(photos, 'cat/9.jpg')), /^1 file missing \(cat\/9\.jpg\)/],
  [
    'two files exchanged',
    async () => {
      await writeFile(join(photos, 'cat/1.jpg'), 'cat 2');
      await writeFile(join(photos, 'cat/2.jpg'), 'cat 1');
    },
    /content/,
  ],
])('%s is noticed', async (_, change, message) => {
  for (const file of await readdir(join(photos, 'cat'))) await utimes(join(photos, 'cat', file), 1, 1);
  const before = await look();
  await change();
  expect(differences(before, await look(photos, before)).join('; ')).toMatch(message);
});

test('of files whose content was not read, other times count where some files still have theirs', async () => {
  const before = unread(await look());
  const now = await look(photos, before);
  expect(now).toEqual(before); // Nothing is read that was not before.
  expect(differences(before, now)).toEqual([]);
  await utimes(join(photos, 'cat/3.jpg'), 1, 1);
  expect(differences(before, await look(photos, before))).toEqual([
    expect.stringMatching(/^1 file changed \(cat\/3\.jpg: time of its last change\)/),
  ]);
  for (const name of ['cat', 'dog']) {
    for (let i = 0; i < 10; i++) await utimes(join(photos, name, `${i}.jpg`), 2, 2);
  }
  expect(differences(before, await look(photos, before))).toEqual([]); // As a copy of all has.
});

test('another label and another order are noticed', () => {
  const record = (name: string, label: string) => ({
    name,
    split: 'train' as const,
    label,
    size: 1,
    time: 0,
    checksum: '0',
  });
  const of = (...files: ReturnType<typeof record>[]): Fingerprint => ({ train: files, valid: [], test: [] });
  const [a, b] = [record('a', 'cat'), record('b', 'dog')];
  expect(differences(of(a, b), of(a, record('b', 'cat')))).toEqual([
    '1 file changed (b: label cat, was dog)',
  ]);
  expect(differences(of(a, b), of(b, a))).toEqual(['the order of the files differs']);
  expect(differences(of(a, a), of(a))).toEqual(['1 file missing (a (2))']);
});

test('one pixel or label of images in memory is noticed', async () => {
  const open = (change: (pixels: Uint8Array, labels: Uint8Array) => void = () => {}) => {
    const [pixels, labels] = [new Uint8Array(300 * 4), new Uint8Array(300)];
    change(pixels, labels);
    const images = { height: 2, width: 2, channels: 1, pixels, labels } as const;
    const train = memoryDataset('x', ['a', 'b'], images);
    return fingerprintOf({ name: 'x', classes: ['a', 'b'], splits: { train, valid: train, test: train } });
  };
  const before = await open();
  expect(differences(before, await open())).toEqual([]);
  const all = ['train', 'valid', 'test'].map((split) => `${split}: images or labels differ`);
  const pixel = (pixels: Uint8Array) => pixels.fill(1, 777, 778);
  const label = (_: Uint8Array, labels: Uint8Array) => labels.fill(1, 7, 8);
  expect(differences(before, await open(pixel))).toEqual(all);
  expect(differences(before, await open(label))).toEqual(all);
});

test('data sets of programs are compared by some of their images', async () => {
  const [one, other] = [tinyData(), tinyData()];
  const splits = { ...other.splits, valid: other.splits.test };
  const before = await fingerprintOf(one);
  expect(differences(before, await fingerprintOf(other))).toEqual([]);
  expect(differences(before, await fingerprintOf({ ...other, splits }))).toEqual([
    'valid: images or labels differ',
  ]);
});
