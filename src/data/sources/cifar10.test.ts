import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { tar } from '../../../test/tar.ts';
import type { Sample, SplitDataset } from '../dataset.ts';
import { openCifar10 } from './cifar10.ts';

const PLANE = 1024;
const BATCHES = [
  'data_batch_1',
  'data_batch_2',
  'data_batch_3',
  'data_batch_4',
  'data_batch_5',
  'test_batch',
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-cifar10-'));
  vi.stubEnv('FOVEA_DATA', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Image i of a batch: red is the batch, green i, blue the place in the image modulo 256. */
function planesOf(batch: number, image: number): number[] {
  const place = Array.from({ length: PLANE }, (_, pixel) => pixel % 256);
  return [...Array(PLANE).fill(batch), ...Array(PLANE).fill(image), ...place];
}

const LABELS = [3, 9];

function binary(batch: number): Buffer {
  return Buffer.from(LABELS.flatMap((label, image) => [label, ...planesOf(batch, image)]));
}

/** As Python 2 pickled it, protocol 2: texts for keys and bytes. */
function pickled(batch: number): Buffer {
  const short = (text: string) =>
    Buffer.concat([Buffer.from([0x55, text.length]), Buffer.from(text, 'latin1')]);
  const name = (module: string, what: string) => Buffer.from(`c${module}\n${what}\n`);
  const data = Buffer.from(LABELS.flatMap((_, image) => planesOf(batch, image)));
  const size = Buffer.alloc(5);
  size[0] = 0x54;
  size.writeUInt32LE(data.length, 1);
  const op = (...codes: (string | number)[]) =>
    Buffer.from(
      codes.flatMap((code) => (typeof code === 'number' ? [code] : [...Buffer.from(code, 'latin1')])),
    );
  return Buffer.concat([
    op(0x80, 2, '}('),
    short('labels'),
    op('](', 'K', LABELS[0], 'K', LABELS[1], 'e'),
    short('data'),
    name('numpy.core.multiarray', '_reconstruct'),
    op('('),
    name('numpy', 'ndarray'),
    op('K', 0, 0x85),
    short('b'),
    op('tR(K', 1, 'K', 2, 'M', 0, 12, 0x86),
    name('numpy', 'dtype'),
    short('u1'),
    op('K', 0, 'K', 1, 0x87, 'R(K', 3),
    short('|'),
    op('NNNJ', 255, 255, 255, 255, 'J', 255, 255, 255, 255, 'K', 0, 'tb', 0x89),
    size,
    data,
    op('tbu.'),
  ]);
}

function check({ splits }: SplitDataset): void {
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([8, 2, 2]);
  expect([splits.train.label(6), splits.valid.label(1)]).toEqual([3, 9]);
  const { image, label } = splits.train.get(7) as Sample;
  expect([image.width, image.height, image.channels, label]).toEqual([32, 32, 3, 9]);
  expect([...image.data.subarray(3 * 40, 3 * 42)]).toEqual([3, 1, 40, 3, 1, 41]);
  expect((splits.test.get(0) as Sample).image.data[0]).toBe(5);
  expect(splits.valid.describe(1)).toBe('cifar10 valid image 1');
}

test('binary batches are read from their folder', async () => {
  await mkdir(join(folder, 'cifar-10-batches-bin'));
  for (const [i, name] of BATCHES.entries()) {
    await writeFile(join(folder, 'cifar-10-batches-bin', `${name}.bin`), binary(i));
  }
  check(await openCifar10({ dataDir: folder }));
});

test('pickled batches are read as data, gzipped too', async () => {
  for (const [i, name] of BATCHES.entries()) await writeFile(join(folder, name), pickled(i));
  await rm(join(folder, 'test_batch'));
  await writeFile(join(folder, 'test_batch.gz'), gzipSync(pickled(5)));
  check(await openCifar10({ dataDir: folder }));
});

test.each([
  ['cifar-10-python.tar.gz', 'cifar-10-batches-py', pickled, ''],
  ['cifar-10-binary.tar.gz', 'cifar-10-batches-bin', binary, '.bin'],
] as const)('the archive %s is read as it is', async (archive, inside, make, ending) => {
  const files = BATCHES.map((name, i) => [`${inside}/${name}${ending}`, make(i)] as const);
  await writeFile(
    join(folder, archive),
    gzipSync(tar([[`${inside}/readme.html`, Buffer.from('x')], ...files])),
  );
  check(await openCifar10({ dataDir: folder }));
});

test('missing and damaged batches are refused', async () => {
  for (const [i, name] of BATCHES.entries()) await writeFile(join(folder, `${name}.bin`), binary(i));
  const place = join(folder, 'data_batch_2.bin');
  const open = () => openCifar10({ dataDir: folder });
  await writeFile(place, binary(1).subarray(1));
  await expect(open()).rejects.toThrow(`${place}: has 6145 bytes; expected a multiple of 3073`);
  await writeFile(place, Buffer.concat([Buffer.from([10]), binary(1).subarray(1)]));
  await expect(open()).rejects.toThrow(`${place}: label 0 is 10; expected 0 to 9`);
  await writeFile(place, Buffer.from([0x80, 2, 0x7d, 0x2e]));
  await expect(open()).rejects.toThrow(`${place}: is not a batch of CIFAR-10`);
  await rm(place);
  await expect(open()).rejects.toThrow(`${folder}: missing data_batch_2, and an archive`);
  await writeFile(join(folder, 'cifar-10-python.tar.gz'), gzipSync(tar([['x/test_batch', pickled(5)]])));
  await expect(open()).rejects.toThrow(
    'data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5 missing',
  );
});

const published = dataFolder('cifar10');
testIf(published, noData('cifar10'))('four thousand of the published images are read', async () => {
  const bytes = gunzipSync(readFileSync(join(published!, 'cifar10-data_batch_1-first4000.bin.gz')));
  const size = (bytes.length / 4000) * 500;
  for (const [i, name] of BATCHES.entries()) {
    await writeFile(join(folder, `${name}.bin`), bytes.subarray(i * size, (i + 1) * size));
  }
  const { splits } = await openCifar10({ dataDir: folder });
  // A frog, two trucks, a deer and an automobile, as the published set begins.
  expect(Array.from({ length: 5 }, (_, i) => splits.train.label(i))).toEqual([6, 9, 9, 4, 1]);
  expect([...(splits.train.get(0) as Sample).image.data.subarray(0, 3)]).toEqual([59, 62, 63]);
});
