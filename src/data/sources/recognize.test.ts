import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { openDataset } from '../sources.ts';
import { recognize } from './recognize.ts';

const [mnist, fashion] = [dataFolder('mnist'), dataFolder('fashion-mnist')];
const IDX = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-known-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path);
  }
}

testIf(mnist && fashion, noData('mnist or fashion-mnist'))(
  'MNIST and Fashion-MNIST are distinguished, gzipped or not, also in enclosing folders',
  async () => {
    for (const [name, source] of [
      ['mnist', mnist!],
      ['fashion-mnist', fashion!],
    ] as const) {
      expect(await recognize(source)).toEqual({ name, folder: source });
      const inner = join(folder, name, 'MNIST', 'raw');
      await mkdir(inner, { recursive: true });
      for (const file of IDX.slice(0, 1))
        await copyFile(join(source, `${file}.gz`), join(inner, `${file}.gz`));
      for (const file of IDX.slice(1)) {
        await writeFile(join(inner, file), gunzipSync(await readFile(join(source, `${file}.gz`))));
      }
      expect(await recognize(join(folder, name))).toEqual({ name, folder: inner });
      expect(await recognize(join(inner, IDX[1]))).toEqual({ name, folder: inner });
    }
  },
);

test('IDX files of another set, and incomplete ones, name the option', async () => {
  await put('part/train-images-idx3-ubyte', ...IDX.map((name) => `other/${name}`));
  await expect(openDataset(join(folder, 'part'))).rejects.toThrow(
    'has files in the format of MNIST, but is missing train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz',
  );
  await expect(openDataset(`folder:${folder}/other`)).rejects.toThrow(
    `neither those of MNIST nor of Fashion-MNIST; to read them as MNIST or Fashion-MNIST, use --data mnist or --data fashion-mnist with --data-dir ${folder}/other`,
  );
});

test('a JSON file of MNIST is opened by its path and by its folder', async () => {
  const image = Array(784).fill(0.5);
  await writeFile(
    join(folder, 'mnist.json'),
    JSON.stringify(
      Array(3).fill([
        [image, image],
        [1, 2],
      ]),
    ),
  );
  for (const spec of [folder, join(folder, 'mnist.json'), `folder:${folder}`]) {
    const { name, splits, notes } = await openDataset(spec);
    expect([name, splits.train.length]).toEqual(['mnist', 2]);
    expect(notes?.[0]).toContain(`has the files of mnist; opened as --data mnist --data-dir ${folder}`);
  }
});

test("CIFAR-10's batches are known, and missing ones named", async () => {
  const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`);
  await put(...[...batches, 'test_batch'].map((name) => `all/cifar-10-batches-py/${name}`));
  expect(await recognize(join(folder, 'all'))).toEqual({ name: 'cifar10', folder: join(folder, 'all') });
  expect(await recognize(join(folder, 'all/cifar-10-batches-py'))).toMatchObject({ name: 'cifar10' });
  await put('part/data_batch_1.bin');
  await expect(openDataset(join(folder, 'part'))).rejects.toThrow('is missing data_batch_2, data_batch_3');
});

test('folders of images are not published data sets', async () => {
  await put('test_batch/cat/1.png', 'train_batch/cat/1.png', 'mnist/cat/1.png');
  expect(await recognize(folder)).toBeUndefined();
  expect(await recognize(join(folder, 'mnist'))).toBeUndefined();
  expect(await recognize(join(folder, 'nowhere'))).toBeUndefined();
});
