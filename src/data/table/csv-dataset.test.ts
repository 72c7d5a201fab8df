import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flatImage } from '../../../test/images.ts';
import { encodePng } from '../../image/encode.ts';
import { labelsOf, selectSplit } from '../dataset.ts';
import { openDataset } from '../sources.ts';
import { openCsv } from './csv-dataset.ts';

let folder: string;
let table: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-csv-dataset-'));
  table = join(folder, 'table.csv');
  await mkdir(join(folder, 'in here'));
  for (let i = 0; i < 4; i++)
    await writeFile(join(folder, 'in here', `${i}.png`), await encodePng(flatImage(i)));
});
afterEach(() => rm(folder, { recursive: true }));

async function open(text: string, classes?: readonly string[]) {
  await writeFile(table, text);
  return openCsv(table, { classes });
}

test('images are found beside the table, and labels are the classes', async () => {
  const data = await open('id,Label,ImgName\n1,dog,in here/2.png\n2,cat,in here/1.png\n');
  const all = selectSplit(data, 'all');
  expect(data.classes).toEqual(['cat', 'dog']);
  expect([...labelsOf(all)]).toEqual([1, 0]);
  expect((await all.get(0)).image).toEqual(flatImage(2));
  expect(all.file!(0).path).toBe(join(folder, 'in here', '2.png'));
});

test('a table without a header has path, label and split in this order, and numbers are in their own', async () => {
  const data = await open('in here/0.png,10,train\nin here/1.png,9,val\nin here/2.png,10,test\n');
  expect(data.classes).toEqual(['9', '10']);
  const { train, valid, test: held } = data.splits;
  expect([train.length, valid.length, held.length]).toEqual([1, 1, 1]);
  expect(valid.label(0)).toBe(0);
});

test('classes that are given keep their order', async () => {
  const data = await open('path,label\nin here/0.png,b\n', ['c', 'b']);
  expect([...labelsOf(selectSplit(data, 'all'))]).toEqual([1]);
});

test('where labels are optional, a column of paths will do, and a single class', async () => {
  const unlabeled = 'in here/0.png\nin here/1.png\n';
  for (const text of [unlabeled, `path\n${unlabeled}`]) {
    await expect(open(text)).rejects.toThrow('has no column for labels; name the column by --label-column');
    const { classes, splits } = await openCsv(table, { labels: 'optional' });
    expect(classes).toEqual(['unlabelled']);
    expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([2, 0, 0]);
  }
  await writeFile(table, 'path,label\nin here/0.png,a\n');
  expect((await openCsv(table, { labels: 'optional' })).classes).toEqual(['a']);
});

test('images that are missing are counted and named, or kept to be met when they are read', async () => {
  const text = 'path,label\nnone.png,a\nin here/0.png,a\nin here/1.png,b\n';
  await expect(open(text)).rejects.toThrow('1 of 3 images are missing (none.png); add the files');
  const { all, notes } = await openCsv(table, { missing: 'keep' });
  expect(notes).toContain(`${table}: 1 of 3 images are missing (none.png).`);
  await expect(all!.get(0)).rejects.toThrow('none.png: cannot be read (ENOENT)');
  expect((await openCsv(table, { labels: 'optional' })).all!.length).toBe(3);
});

test('a table is opened by its name', async () => {
  await writeFile(table, 'path,label\nin here/0.png,b\nin here/1.png,a\n');
  expect((await openDataset(`csv:${table}`)).name).toBe(`csv:${table}`);
});

test.each([
  ['', 'lists no images'],
  ['path,label\n', 'lists no images'],
  ['sight,label\na.gif,b\n', 'none of the columns sight, label names images in its folder or near it'],
  [
    'picture,label\na.png,b\n',
    'there is no image "a.png" (column "picture") in its folder or near it, which has',
  ],
  [
    'emotion,pixels\n3,"0 255"\n3,"1 1"\n3,"9 9"\n',
    'has the columns emotion, pixels, which contain pixels, not names of images',
  ],
  ['path,label\nin here/0.png,\n', 'line 2 has no label in column "label"; fill it in'],
  ['path,label\n,a\nin here/0.png,b\n', 'line 2 has no path'],
  ['path,label\nin here/0.png,a\n', 'has only one class, "a"'],
  [
    'path,label\nnowhere.png,a\nhere/0.png,b\n',
    'which has images such as in here/0.png. Paths in a table are relative to its folder',
  ],
  [
    'in here/0.png,a,train\nin here/1.png,b,tset\n',
    'line 2 has the split "tset"; expected train, valid or test',
  ],
])('the table %j is refused', async (text, message) => {
  await expect(open(text)).rejects.toThrow(message);
});

test('a label that is none of the given classes is refused with its line', async () => {
  await expect(open('path,label\nin here/0.png,a\nin here/1.png,x\n', ['a', 'b'])).rejects.toThrow(
    'line 3 has the label "x", which is not one of the classes a, b',
  );
});
