import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { dataFolder, noData } from '../../test/data.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { readSafetensors, writeSafetensors } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a file that is written is read again', async () => {
  const path = join(folder, 'a.safetensors');
  const tensors = new Map([['x', floatTensor([2], [1, 2])]]);
  await writeSafetensors(path, tensors, { made: 'here' });
  expect(await readSafetensors(path)).toEqual({ tensors, metadata: { made: 'here' } });
  expect(await readdir(folder)).toEqual(['a.safetensors']);
});

test('a file that is not there, and a folder, cannot be read', async () => {
  await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(
    /none: cannot be read \(ENOENT\); there is no/,
  );
  await expect(readSafetensors(folder)).rejects.toThrow(/cannot be read \(EISDIR\); it is a folder/);
});

const weights = dataFolder('weights');

testIf(weights, noData('weights'))('files that other programs wrote are read', async () => {
  const path = join(weights!, 'squeezenet1_1', 'squeezenet1_1-torchvision-fp16.safetensors');
  const { tensors } = await readSafetensors(path);
  expect(tensors.size).toBe(52);
  expect(tensors.get('features.0.weight')?.shape).toEqual([64, 3, 3, 3]);
  const count = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(1_235_496);
});
