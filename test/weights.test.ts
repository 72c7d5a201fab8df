// Published weight files against checksums of what PyTorch and NumPy read (scripts/witness/weights.py).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTensors } from '../src/formats/index.ts';
import { bytesOf } from '../src/formats/stored-types.ts';
import { describeIf } from './conditions.ts';
import { dataFolder, noData } from './data.ts';

const witness: Readonly<Record<string, Readonly<Record<string, readonly [readonly number[], string]>>>> =
  JSON.parse(readFileSync(new URL('witness/weights.json', import.meta.url), 'utf8'));

const folder = dataFolder('weights');

describeIf(folder, noData('weights'))('weights from elsewhere', () => {
  test.each(Object.keys(witness))('%s has the values that its own library reads', async (path) => {
    const { tensors } = await readTensors(join(folder!, path));
    const sums = [...tensors].map(([name, { shape, data }]) => {
      const sum = createHash('sha256').update(bytesOf(data)).digest('hex').slice(0, 16);
      return [name, [shape, sum]];
    });
    expect(Object.fromEntries(sums)).toEqual(witness[path]);
  });

  test.each([
    ['broken.pt', 'is not a supported weight file: it starts with the bytes 61 62 63'],
    ['tar_float64.tar', 'is a tar archive, as PyTorch wrote before 0.1.12'],
    ['tar_multi_dtype.tar', 'is a tar archive'],
    ['tar_2d_tensor.tar', 'is a tar archive'],
  ])('%s is refused', async (name, reason) => {
    await expect(readTensors(join(folder!, 'pt-parser-fixtures', name))).rejects.toThrow(reason);
  });

  test('metadata of a checkpoint is read', async () => {
    const { metadata } = await readTensors(join(folder!, 'cifar10-resnet', 'resnet20-12fca82f.th'));
    expect(metadata).toEqual({ best_prec1: 91.78000183105469 });
  });
});
