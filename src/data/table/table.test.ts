// Tables as people have them: columns, folders and extensions are found by looking for the files. Those are empty here.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labelsOf, selectSplit, splitNames } from '../dataset.ts';
import { openCsv, type TableOptions } from './csv-dataset.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-table-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
}

/** What is made of a table: paths with classes in order, counts of the splits, and the notes without the table's path. */
async function read(text: string | Uint8Array, options: TableOptions & { name?: string } = {}) {
  const table = join(folder, options.name ?? 'labels.csv');
  await mkdir(dirname(table), { recursive: true });
  await writeFile(table, text);
  const data = await openCsv(table, options);
  const all = selectSplit(data, 'all');
  const labels = [...labelsOf(all)].map((label) => data.classes[label]);
  return {
    classes: data.classes,
    images: labels.map((label, i) => `${relative(folder, all.describe(i))} ${label}`),
    splits: splitNames.map((name) => data.splits[name].length),
    notes: data.notes!.map((note) => note.replace(`${table}: `, '')),
  };
}

const abc = ['a', 'b', 'c', 'd'];
const body = (cells: (id: string, i: number) => string) => abc.map((id, i) => `${cells(id, i)}\n`).join('');
const cats = (i: number) => (i % 2 === 0 ? 'cat' : 'dog');

test('ids without extension are found in the folder of images', async () => {
  await put(...abc.map((id) => `train_images/${id}.png`));
  const { images, notes } = await read(`id_code,diagnosis\n${body((id, i) => `${id},${i % 2}`)}`);
  expect(images[1]).toBe('train_images/b.png 1');
  expect(notes).toEqual([
    'images from column "id_code", found in train_images/ with .png; labels from column "diagnosis"; no splits, so images are split by class.',
  ]);
});

test('names are found in several folders, deeper ones and the parent of the table, which disk and table compose otherwise', async () => {
  await put('part_1/a.jpg', 'part_2/x/b.jpg', 'part_2/x/c.JPEG', 'part_1/d.jpg');
  const parts = await read(`lesion,image_id,dx,age\n${body((id, i) => `L${i},${id},${cats(i)},50`)}`);
  expect(parts.images).toEqual([
    'part_1/a.jpg cat',
    'part_2/x/b.jpg dog',
    'part_2/x/c.JPEG cat',
    'part_1/d.jpg dog',
  ]);
  expect(parts.notes[0]).toContain('found in part_1/ with .jpg (2), part_2/x/ with .jpg (1)');
  const above = await read('file,label\npart_1\\a.jpg,cat\npart_1/d.jpg,dog\n', { name: 'tables/train.csv' });
  expect(above.images).toEqual(['part_1/a.jpg cat', 'part_1/d.jpg dog']);
  await put('e\u0301.png', '\u00fc.png');
  const accents = await read('path,label\n\u00e9.png,a\nu\u0308.png,b\n');
  expect(accents.images).toEqual(['e\u0301.png a', '\u00fc.png b']);
});

test('images are found beside the folder of the table, and beside the folder around that', async () => {
  await put(...abc.map((id) => `pics/${id}.png`), 'other/a.png');
  const text = `id,label\n${body((id, i) => `${id},${cats(i)}`)}`;
  const near = await read(text, { name: 'meta/labels.csv' });
  expect(near.images[0]).toBe('pics/a.png cat');
  expect(near.notes[0]).toContain('found in ../pics/ with .png;');
  const far = await read(text, { name: 'meta/v1/labels.csv' });
  expect(far.images[3]).toBe('pics/d.png dog');
  expect(far.notes[0]).toContain('found in ../../pics/ with .png;');
  const chance = `id,label\n${body((id, i) => `${id}${id === 'a' ? '' : 'x'},${cats(i)}`)}`;
  await expect(read(chance, { name: 'meta/labels.csv' })).rejects.toThrow('there is no image "a"');
});

test('images behind a link to a folder are found, and no deeper ones', async () => {
  await put('elsewhere/here/a.png', 'elsewhere/here/b.png', 'elsewhere/here/deep/c.png', 'tables/x');
  await symlink(join(folder, 'elsewhere', 'here'), join(folder, 'tables', 'images'));
  const { images, notes } = await read('id,label\na,x\nb,y\nc,y\n', {
    name: 'tables/t.csv',
    missing: 'keep',
  });
  expect(images).toEqual(['tables/images/a.png x', 'tables/images/b.png y', 'tables/images/c.png y']);
  expect(notes[1]).toBe('1 of 3 images are missing (c).');
});

test('numbers are texts: leading zeros count', async () => {
  await put('images/00123.jpg', 'images/123.jpg', 'images/00124.jpg');
  const { images } = await read('id,label\n00123,0\n123,1\n00124,00\n');
  expect(images).toEqual(['images/00123.jpg 0', 'images/123.jpg 1', 'images/00124.jpg 00']);
  await expect(read('id,label\n0123,0\n0124,1\n')).rejects.toThrow(
    'there is no image "0123" (column "id") in its folder or near it, which has images such as images/00123.jpg',
  );
});

test('equal names in several folders are resolved by the name of the table or of the folders, or need a choice', async () => {
  await put(...abc.flatMap((id) => ['train', 'test', 'masks'].map((place) => `${place}/${id}.jpg`)));
  const text = `id,label\n${body((id, i) => `${id},${cats(i)}`)}`;
  expect((await read(text)).images[0]).toBe('train/a.jpg cat');
  expect((await read(text, { name: 'test_labels.csv' })).images[0]).toBe('test/a.jpg cat');
  await put(...abc.map((id) => `images/${id}.jpg`));
  await expect(read(text)).rejects.toThrow(
    'the images of column "id" may be those in images/ with .jpg (4 files; --image-dir images/) or train/ with .jpg',
  );
  const chosen = await read(text, { imageDir: 'masks' });
  expect(chosen.images[0]).toBe('masks/a.jpg cat');
  expect(chosen.notes[0]).toContain('/masks with .jpg;');
  await expect(read(text, { imageDir: 'nowhere' })).rejects.toThrow('there is no folder "nowhere"');
});

test('several extensions have to be chosen unless one is rare', async () => {
  await put(...abc.flatMap((id) => [`x/${id}.jpg`, `x/${id}.png`]));
  const text = `id,label\n${body((id, i) => `${id},${cats(i)}`)}`;
  await expect(read(text)).rejects.toThrow('x/ with .png (4 files; --extension .png); choose one');
  expect((await read(text, { extension: 'png' })).images[0]).toBe('x/a.png cat');
  expect((await read(text.replace('\na', '\na.jpg'), { extension: '.png' })).images[0]).toBe('x/a.png cat');
  await rm(join(folder, 'x', 'b.png'));
  await rm(join(folder, 'x', 'c.png'));
  await rm(join(folder, 'x', 'd.png'));
  expect((await read(text)).images[0]).toBe('x/a.jpg cat');
});

test('of several columns that name files that of names of files is taken, or one has to be chosen', async () => {
  await put(...abc.flatMap((id, i) => [`${id}.png`, `${i}.png`]));
  const indexed = await read(`,path,label\n${body((id, i) => `${i},${id}.png,${cats(i)}`)}`);
  expect(indexed.images[0]).toBe('a.png cat');
  const pair = `left,right,label\n${body((id, i) => `${id}.png,${i}.png,${cats(i)}`)}`;
  await expect(read(pair)).rejects.toThrow(
    'the images may be those of column "left" (4 files; --image-column left) or column "right" (4 files',
  );
  expect((await read(pair, { imageColumn: 'Right' })).images[0]).toBe('0.png cat');
  await expect(read(pair, { imageColumn: 'middle' })).rejects.toThrow(
    'has no column "middle" for --image-column; it has the columns left, right, label',
  );
});

test('a header is known by its names, and a table without one by its values', async () => {
  await put(...abc.map((id) => `jpg/${id}.jpg`));
  const headless = await read(body((id, i) => `${id};${cats(i)};${i < 2 ? 'train' : 'test'}`));
  expect(headless).toMatchObject({ splits: [2, 0, 2], classes: ['cat', 'dog'] });
  expect(headless.images).toHaveLength(4);
  await rm(join(folder, 'jpg', 'a.jpg'));
  const first = await read(
    body((id, i) => `${id}\t${cats(i)}`),
    { missing: 'keep' },
  );
  expect(first.notes).toContain('1 of 4 images are missing (a).');
  const numbered = await read(
    body((id, i) => `${i},jpg/${id}.jpg,${cats(i)}`),
    { missing: 'keep', imageColumn: '2' },
  );
  expect(numbered.images[1]).toBe('jpg/b.jpg dog');
  const spaced = await read(
    body((id, i) => `jpg/${id}.jpg ${i % 2}`),
    { missing: 'keep' },
  );
  expect(spaced.images[1]).toBe('jpg/b.jpg 1');
});

test.each([
  ['breed', 'id,breed,age'],
  ['the only other one', 'id,Cover Type'],
  ['names rather than their numbers', 'id,label,class name'],
])('labels are in the column that is called so: %s', async (_, header) => {
  await put(...abc.map((id) => `${id}.jpg`));
  const columns = header.split(',').length;
  const rows = body((id, i) => {
    if (columns === 2) return `${id},${cats(i)}`;
    return header.includes('label') ? `${id},${i % 2},${cats(i)}` : `${id},${cats(i)},${i}`;
  });
  expect((await read(`${header}\n${rows}`)).classes).toEqual(['cat', 'dog']);
});

test('several columns of labels, or none, are explained', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const several = `id,label,species\n${body((id, i) => `${id},${cats(i)},${i < 3 ? 'x' : 'y'}`)}`;
  await expect(read(several)).rejects.toThrow(
    'the labels may be column "label" (2 classes: cat, dog; --label-column label) or column "species" (2 classes: x, y',
  );
  expect((await read(several, { labelColumn: 'species' })).classes).toEqual(['x', 'y']);
  const none = `id,age,site\n${body((id, i) => `${id},5${i},arm`)}`;
  await expect(read(none)).rejects.toThrow(
    'none is recognized as labels; name the column by --label-column NAME',
  );
  await expect(read(`id,url\n${body((id, i) => `${id},http://${i}`)}`)).rejects.toThrow('--label-column');
});

test('columns of 0 and 1 are classes, one for each image', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const flags = (values: readonly string[]) =>
    `image,A,B\n${abc.map((id, i) => `${id},${values[i]}\n`).join('')}`;
  for (const values of [
    ['1,0', '0,1', '1,0', '0,1'],
    ['1.0,0.0', '0.0,1.0', '1.0,0.0', '0.0,1.0'],
    ['True,False', 'False,True', 'True,False', 'False,True'],
  ]) {
    const { images, notes } = await read(flags(values));
    expect(images[1]).toBe('b.jpg B');
    expect(notes[0]).toContain('labels from the 2 one-hot columns A, B');
  }
  await expect(read(flags(['1,0', '0,0', '1,1', '0,1']))).rejects.toThrow(
    'its one-hot columns have line 3 with no class and line 4 with several, but each image needs exactly one class',
  );
  const withAge = `image,A,B,age\n${abc.map((id, i) => `${id},${i % 2},${1 - (i % 2)},4${i}\n`).join('')}`;
  expect((await read(withAge)).classes).toEqual(['A', 'B']);
  expect((await read(withAge, { labelColumn: 'A' })).classes).toEqual(['0', '1']);
  await expect(read(withAge, { labelColumn: 'A,age' })).rejects.toThrow('has "40" in column "age"');
});

test.each([
  ['is_valid', ['True', 'False', 'false', '0'], [3, 1, 0]],
  ['is_test', ['1.0', '0.0', '0.0', '0.0'], [3, 0, 1]],
  ['is_training_image', ['1', '1', '0', '0'], [2, 0, 2]],
  ['Usage', ['Training', 'Training', 'PublicTest', 'PrivateTest'], [2, 1, 1]],
  ['split', ['train', 'TRAIN', 'val', 'test'], [2, 1, 1]],
  ['fold', ['train', 'train', 'train', 'valid'], [3, 1, 0]],
])('splits are read from %s', async (name, values, counts) => {
  await put(...abc.map((id) => `${id}.jpg`));
  const text = `path,label,${name}\n${body((id, i) => `${id}.jpg,${cats(i)},${values[i]}`)}`;
  expect((await read(text)).splits).toEqual(counts);
  expect((await read(text, { splitColumn: 'none' })).notes[0]).toContain('no splits');
});

test('numbered folds are not used unless one is named, and two columns of splits are explained', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const folds = `path,label,fold\n${body((id, i) => `${id}.jpg,${cats(i)},${i % 2}`)}`;
  expect((await read(folds)).notes[0]).toBe(
    'column "fold" does not contain train, valid or test and is not used; --split-column fold=VALUE uses the lines with ' +
      'VALUE for validation.',
  );
  expect((await read(folds, { splitColumn: 'fold=1' })).splits).toEqual([2, 2, 0]);
  await expect(read(folds, { splitColumn: 'fold=7' })).rejects.toThrow(
    'no line has "7" in column "fold"; it has 0, 1',
  );
  const two = `path,label,split,is_valid\n${body((id, i) => `${id}.jpg,${cats(i)},train,${i % 2}`)}`;
  await expect(read(two)).rejects.toThrow('the splits may be in column "split" or column "is_valid"');
  expect((await read(two, { splitColumn: 'is_valid' })).splits).toEqual([2, 2, 0]);
});

test('a class may be called train', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  expect((await read(body((id, i) => `${id}.jpg,${i % 2 ? 'train' : 'bus'}`))).classes).toEqual([
    'bus',
    'train',
  ]);
});

test('labels that differ little are reported, and never merged', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const of = (labels: readonly string[]) => read(`path,label\n${body((id, i) => `${id}.jpg,${labels[i]}`)}`);
  const capitals = await of(['Cat', 'cat', 'cat', 'dog']);
  expect(capitals.classes).toEqual(['Cat', 'cat', 'dog']);
  expect(capitals.notes[1]).toContain('"Cat" (1 image), "cat" (2 images) differ only in case, spaces or');
  const numbers = await of(['0', '0.0', '00', '1']);
  expect(numbers.classes).toEqual(['0', '0.0', '00', '1']);
  expect(numbers.notes[1]).toContain('"0" (1 image), "0.0" (1 image), "00" (1 image) differ only');
  expect((await of(['a b', 'ab', 'A  B', 'c'])).notes[1]).toContain(
    '"a b" (1 image), "ab" (1 image), "A  B"',
  );
  const spaces = await of(['cat', 'cat ', 'dog', 'dog']);
  expect(spaces.classes).toEqual(['cat', 'dog']);
  expect(spaces.notes[1]).toContain('"cat" (1 image), "cat " (1 image) are read as one class');
  const composed = await of(['\u00e9', 'e\u0301', 'x', 'x']);
  expect(composed.notes[1]).toContain(
    'are read as one class: they differ only in surrounding spaces or in the',
  );
  const missing = await of(['nan', 'NA', 'None', 'cat']);
  expect(missing.classes).toEqual(['NA', 'None', 'cat', 'nan']);
  expect(missing.notes.join()).toContain(
    '"NA" (1 image) is read as the name of a class, not as a missing value',
  );
  expect((await of(['a|b', 'a', 'b', 'a'])).notes[1]).toContain('1 label combines others, such as "a|b"');
  await expect(of(['a', '', 'b', ' '])).rejects.toThrow('2 lines (3, 5) have no label in column "label"');
});

test('lines that list an image again are reported', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const { notes } = await read('path,label\na.jpg,x\na.jpg,y\nb.jpg,x\nb.jpg,x\n');
  expect(notes[1]).toBe(
    '2 lines list an image again; 1 of these images has different labels, such as a.jpg.',
  );
});

test('texts in other encodings are refused, or read with the option', async () => {
  await put(...abc.map((id) => `${id}.jpg`));
  const latin = Buffer.from('path,label\na.jpg,\u00e4\nb.jpg,\u00f6\nc.jpg,\u00e4\n', 'latin1');
  await expect(read(latin)).rejects.toThrow(
    'is not valid UTF-8 (line 2); save it as UTF-8, or set its encoding: --encoding latin1, which reads that line as "a.jpg,\u00e4"',
  );
  expect((await read(latin, { encoding: 'latin1' })).classes).toEqual(['\u00e4', '\u00f6']);
  expect((await read(latin, { encoding: 'windows-1251' })).classes).toEqual(['\u0434', '\u0446']);
  const utf16 = Buffer.from('\ufeffpath,label\na.jpg,\u00e4\nb.jpg,\u00f6\n', 'utf16le');
  expect((await read(utf16)).classes).toEqual(['\u00e4', '\u00f6']);
  expect((await read(Buffer.from(utf16).swap16())).classes).toEqual(['\u00e4', '\u00f6']);
  expect((await read(utf16.subarray(2), { encoding: 'utf-16le' })).classes).toEqual(['\u00e4', '\u00f6']);
  await expect(read(utf16.subarray(2))).rejects.toThrow('is not a text file');
  await expect(read(latin, { encoding: 'latin-9' })).rejects.toThrow(
    'unknown encoding "latin-9"; expected a name',
  );
});
