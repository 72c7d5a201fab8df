import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countingSplits, flatImage } from '../../../test/images.ts';
import { encodePng } from '../../image/encode.ts';
import { selectSplit } from '../dataset.ts';
import { openFolder } from '../folder/folder.ts';
import { Loader } from '../loading/loader.ts';
import { withoutUnreadable } from './unreadable.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-readable-'));
  for (const name of ['cat', 'dog']) {
    await mkdir(join(folder, name));
    for (let i = 0; i < 10; i++) {
      await writeFile(join(folder, name, `${i}.png`), await encodePng(flatImage(i)));
    }
  }
  await writeFile(join(folder, 'cat', 'broken.jpg'), 'not an image');
  await writeFile(join(folder, 'dog', 'empty.png'), '');
});
afterAll(() => rm(folder, { recursive: true }));

test('unreadable files are skipped in every split, and listed with their reasons', async () => {
  const opened = await openFolder(folder);
  const heard: number[] = [];
  const { data, unreadable } = await withoutUnreadable(opened, (done, total) => heard.push(done / total));
  expect(unreadable).toEqual([
    {
      name: join(folder, 'cat', 'broken.jpg'),
      reason: expect.stringMatching(/^is not a readable image but/),
    },
    { name: join(folder, 'dog', 'empty.png'), reason: expect.stringContaining('an empty file') },
  ]);
  expect(selectSplit(data, 'all').length).toBe(20);
  const { train, valid, test: held } = data.splits;
  expect(train.length + valid.length + held.length).toBe(20);
  expect(heard).toHaveLength(22);
  expect(heard.at(-1)).toBe(1);
});

test('the parts of a readable data set stay as they are', async () => {
  const { data, unreadable } = await withoutUnreadable(countingSplits(4, 2, 1));
  expect(unreadable).toEqual([]);
  expect(data.splits.train.length).toBe(4);
});

test('a loader that meets an unreadable file names it, and what can be done', async () => {
  const all = selectSplit(await openFolder(folder), 'all');
  const loader = new Loader(all, {
    preprocessing: [{ transform: 'normalize', mean: [0], std: [1] }],
    batchSize: 30,
  });
  await expect(loader.epoch(0).next()).rejects.toThrow(
    /^.+(broken\.jpg|empty\.png): is not a readable image but .+ use withoutUnreadable \(--unreadable skip\)\.$/,
  );
});
