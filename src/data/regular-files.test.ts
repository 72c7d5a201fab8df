// Whatever reads data refuses at once what is not a regular file: a device never ends.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { openDataset } from './sources.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-devices-'));
  const idx = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
  const batches = [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ];
  const names = [...idx.flatMap((name) => [`${name}-ubyte`, `zipped/${name}-ubyte.gz`]), ...batches];
  for (const name of [
    ...names,
    'table.csv',
    'json/mnist.json',
    'json/mnist.json.gz',
    'tar/cifar-10-python.tar.gz',
  ])
    link(name);
});
afterAll(() => rmSync(folder, { recursive: true }));

function link(name: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync('/dev/zero', path);
}

testIf(process.platform !== 'win32', 'Windows has no FIFOs').each([
  ['table', ''],
  ['mnist', '.'],
  ['mnist', 'zipped'],
  ['mnist', 'json'],
  ['cifar10', '.'],
  ['cifar10', 'tar'],
])('%s in %s', async (name, place) => {
  const opened =
    name === 'table'
      ? openDataset(`csv:${join(folder, 'table.csv')}`)
      : openDataset(name, { dataDir: join(folder, place) });
  await expect(opened).rejects.toThrow('it is a FIFO, socket or device, give the path of a file');
});
