import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { labelsOf } from '../dataset.ts';
import { openPalm } from './palm.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-palm-'));
  vi.stubEnv('FOVEA_DATA', '');
  vi.stubEnv('FOVEA_CACHE', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function put(training: readonly string[], validation: readonly string[], table: string): Promise<void> {
  for (const [inside, names] of [
    ['PALM-Training400', training],
    ['PALM-Validation400', validation],
  ] as const) {
    await mkdir(join(folder, inside));
    for (const name of names) await writeFile(join(folder, inside, name), '');
  }
  await writeFile(join(folder, 'labels.csv'), table);
}

const table = 'ID,imgName,Label,Fovea_X,Fovea_Y\n1,V0001.jpg,0,1.5,2\n2,V0002.jpg,1,3,4\n';
const open = () => openPalm({ dataDir: folder });

test('training labels are first letters, validation labels come from the table', async () => {
  await put(['H0001.jpg', 'N0001.jpg', 'P0001.jpg'], ['V0002.jpg', 'V0001.jpg'], table);
  const { classes, splits } = await open();
  expect(classes).toEqual(['not pathologic', 'pathologic']);
  expect([...labelsOf(splits.train)]).toEqual([0, 0, 1]);
  expect([...labelsOf(splits.valid)]).toEqual([0, 1]);
  expect(splits.test.length).toBe(0);
});

test('a letter, a row and a label that are not known are refused', async () => {
  await put(['X0001.jpg'], ['V0001.jpg'], table);
  await expect(open()).rejects.toThrow(
    'X0001.jpg: its first letter, the label of training images, is not one of P, H, N',
  );
  await rm(join(folder, 'PALM-Training400', 'X0001.jpg'));
  await expect(open()).rejects.toThrow('PALM-Training400: has no images');
  await writeFile(join(folder, 'PALM-Training400', 'N1.jpg'), '');
  await writeFile(join(folder, 'labels.csv'), 'imgName,Label\nV0009.jpg,1\n');
  await expect(open()).rejects.toThrow('V0001.jpg: is not in');
  await writeFile(join(folder, 'labels.csv'), 'imgName,Label\nV0001.jpg,2\n');
  await expect(open()).rejects.toThrow('line 2 has the label "2"; expected 0 or 1');
});

test('a folder without it, and no folder, say what is missing and how to get it', async () => {
  await expect(open()).rejects.toThrow(`${folder}: missing PALM-Training400, PALM-Validation400, labels.csv`);
  await expect(openPalm()).rejects.toThrow('requires registration');
});

const fundus = dataFolder('fundus');
testIf(fundus, noData('fundus'))(
  'the published set has its 400 and 400 images with their labels',
  async () => {
    const { splits } = await openPalm({ dataDir: fundus });
    const positive = (labels: Int32Array) => labels.reduce((sum, label) => sum + label, 0);
    expect([splits.train.length, positive(labelsOf(splits.train))]).toEqual([400, 213]);
    expect([splits.valid.length, positive(labelsOf(splits.valid))]).toEqual([400, 211]);
    const { image } = await splits.train.get(0);
    expect([image.width, image.height, image.channels]).toEqual([224, 224, 3]);
  },
);
