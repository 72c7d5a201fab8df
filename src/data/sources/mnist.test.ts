import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { idxImages, idxLabels } from '../../../test/idx.ts';
import type { Progress } from './download.ts';
import { FASHION_MNIST, MNIST, type MnistSource, openMnist } from './mnist.ts';

const bytes = {
  'train-images': idxImages(50_003),
  'train-labels': idxLabels(50_003),
  'test-images': idxImages(5),
  'test-labels': idxLabels(5),
};
const contents: Readonly<Record<string, Buffer>> = {
  'train-images.gz': bytes['train-images'],
  'train-labels.gz': bytes['train-labels'],
  'test-images.gz': bytes['test-images'],
  'test-labels.gz': bytes['test-labels'],
};

function published(name: keyof typeof bytes) {
  const content = bytes[name];
  return { name: `${name}.gz`, bytes: content.length, md5: createHash('md5').update(content).digest('hex') };
}

function source(mirrors: readonly string[]): MnistSource {
  const files = {
    'train-images': published('train-images'),
    'train-labels': published('train-labels'),
    'test-images': published('test-images'),
    'test-labels': published('test-labels'),
  };
  return { name: 'tiny', classes: MNIST.classes, files, labelsMd5: '', mirrors };
}

let folder: string;
let server: Server;
let answer: RequestListener;
let mirror: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-mnist-'));
  vi.stubEnv('FOVEA_DATA', '');
  vi.stubEnv('FOVEA_CACHE', join(folder, 'cache'));
  answer = (request, response) => response.end(contents[request.url!.slice(1)]);
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function putFiles(place: string): Promise<void> {
  await mkdir(place, { recursive: true });
  for (const [name, content] of Object.entries(contents)) await writeFile(join(place, name), content);
}

test('files are downloaded once, with progress, and give the splits of the textbook', async () => {
  const progress: Progress[] = [];
  const data = await openMnist(source([mirror]), { onProgress: (step) => progress.push(step) });
  const { train, valid, test: held } = data.splits;
  expect([train.length, valid.length, held.length]).toEqual([50_000, 3, 5]);
  expect(valid.describe(2)).toBe('tiny training image 50002');
  const last = progress.at(-1)!;
  expect([last.file, last.done]).toEqual(['test-labels.gz', last.total]);
  answer = (_, response) => response.destroy();
  expect((await openMnist(source([mirror]))).splits.test.length).toBe(5);
  expect((await readdir(join(folder, 'cache', 'tiny'))).sort()).toEqual(Object.keys(contents).sort());
});

test('files are found in dataDir or FOVEA_DATA, directly or in a sub-folder of the name', async () => {
  const nowhere = source([]);
  await putFiles(join(folder, 'direct'));
  await putFiles(join(folder, 'data', 'tiny'));
  expect((await openMnist(nowhere, { dataDir: join(folder, 'direct') })).splits.test.length).toBe(5);
  vi.stubEnv('FOVEA_DATA', join(folder, 'data'));
  expect((await openMnist(nowhere)).splits.test.length).toBe(5);
});

test('a dataDir without the files says which are missing', async () => {
  await putFiles(folder);
  await rm(join(folder, 'test-labels.gz'));
  await expect(openMnist(source([mirror]), { dataDir: folder })).rejects.toThrow(
    `tiny is not in ${folder}:\n  ${join(folder, 'tiny')}: missing train-images.gz, train-labels.gz`,
  );
});

const mnist = dataFolder('mnist');
testIf(mnist, noData('mnist'))('MNIST opens, and does not pass for Fashion-MNIST', async () => {
  const { splits } = await openMnist(MNIST, { dataDir: mnist });
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([50_000, 10_000, 10_000]);
  expect(Array.from({ length: 5 }, (_, i) => splits.train.label(i))).toEqual([5, 0, 4, 1, 9]);
  await expect(openMnist(FASHION_MNIST, { dataDir: mnist })).rejects.toThrow(
    'belongs to mnist, not to fashion-mnist',
  );
});
