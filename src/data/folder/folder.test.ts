import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flatImage } from '../../../test/images.ts';
import { encodePng } from '../../image/encode.ts';
import { type Dataset, labelsOf, selectSplit } from '../dataset.ts';
import { openDataset } from '../sources.ts';
import { openFolder } from './folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(paths: readonly string[], value = 7): Promise<void> {
  const png = await encodePng(flatImage(value));
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path.endsWith('.txt') ? 'text' : png);
  }
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}/${i}.png`);
const paths = (data: Dataset) =>
  Array.from({ length: data.length }, (_, i) => data.describe(i).slice(folder.length + 1));

test('sub-folders are the classes, images come sorted, other files are skipped', async () => {
  await put([
    'dog/b.png',
    'dog/a.PNG',
    'cat/deep/c.png',
    'cat/notes.txt',
    'cat/.hidden.png',
    '.git/x.png',
    'readme.txt',
  ]);
  const data = await openFolder(folder);
  expect(data.classes).toEqual(['cat', 'dog']);
  const all = selectSplit(data, 'all');
  expect(paths(all)).toEqual(['cat/deep/c.png', 'dog/a.PNG', 'dog/b.png']);
  expect([...labelsOf(all)]).toEqual([0, 1, 1]);
  expect(await all.get(2)).toEqual({ image: flatImage(7), label: 1 });
});

test('without folders of parts the images are split 80/10/10, by seed', async () => {
  await put([...numbered('cat', 20), ...numbered('dog', 10)]);
  const { splits } = await openFolder(folder);
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([24, 3, 3]);
  expect(paths((await openFolder(folder, { seed: 1 })).splits.valid)).not.toEqual(paths(splits.valid));
});

test('Train, val and test folders are the parts; one that is missing is empty', async () => {
  await put([...numbered('Train/cat', 2), ...numbered('Train/dog', 2), 'val/dog/9.png']);
  const data = await openFolder(folder);
  expect(data.classes).toEqual(['cat', 'dog']);
  expect(paths(data.splits.valid)).toEqual(['val/dog/9.png']);
  expect([...labelsOf(data.splits.valid)]).toEqual([1]);
  expect(selectSplit(data, 'all').length).toBe(5);
  expect(() => selectSplit(data, 'test')).toThrow('has no test images; it has: train, valid, all.');
});

test('classes that are called train and test are classes on request', async () => {
  await put(['train/a.png', 'test/a.png', 'bus/a.png']);
  await expect(openFolder(folder)).rejects.toThrow(
    '"test", "train" have the names of splits, but "bus" is not the name of a split. The sub-folders may be the classes (bus, test, train), or',
  );
  expect((await openFolder(folder, { splitFolders: 'none' })).classes).toEqual(['bus', 'test', 'train']);
  expect((await openFolder(folder, { classes: ['test', 'train', 'bus'] })).splits.train.length).toBe(3);
});

test('images without classes beside splits are skipped, with a note', async () => {
  await put(['train/cat/a.png', 'train/dog/a.png', 'test/cat/a.png', 'test/dog/a.png', 'more/a.png']);
  const { classes, notes } = await openFolder(folder);
  expect(classes).toEqual(['cat', 'dog']);
  expect(notes).toEqual([
    `${folder}: skipped "more" beside the splits, because it has no class folders of its own.`,
  ]);
});

test('images outside of class folders are skipped, with a note', async () => {
  await put(['train/cat/a.png', 'train/dog/a.png', 'test/1.png', 'test/2.png', 'x.png']);
  const data = await openFolder(folder);
  expect(data.classes).toEqual(['cat', 'dog']);
  expect(paths(selectSplit(data, 'all'))).toEqual(['train/cat/a.png', 'train/dog/a.png']);
  const named = ['x.png', 'test/1.png', 'test/2.png'].map((name) => join(folder, name)).join(', ');
  expect(data.notes).toEqual([`${folder}: skipped 3 images outside of class folders (${named}).`]);
});

test('a class without images is refused in training only', async () => {
  await put(['train/cat/a.png', 'train/dog/a.png', 'valid/cat/a.png', 'valid/dog/notes.txt']);
  const { splits, notes } = await openFolder(folder);
  expect(paths(splits.valid)).toEqual(['valid/cat/a.png']);
  expect(notes![0]).toContain(
    `1 class folder without images (${join(folder, 'valid', 'dog')}), 1 file that is not an image`,
  );
  const classes = ['cat', 'dog'];
  expect(paths((await openFolder(join(folder, 'valid'), { classes })).all!)).toEqual(['valid/cat/a.png']);
});

test('where labels are optional, images of no class, of one class, and empty classes will do', async () => {
  await put(['b.png', 'a.png', 'notes.txt']);
  const { classes, splits, notes } = await openFolder(folder, { labels: 'optional' });
  expect(classes).toEqual(['unlabelled']);
  expect([paths(splits.train), splits.valid.length, splits.test.length]).toEqual([['a.png', 'b.png'], 0, 0]);
  expect(notes![0]).toContain('1 file that is not an image');
  await put(['cat/a.png']);
  expect((await openFolder(folder, { labels: 'optional' })).classes).toEqual(['cat']);
  await mkdir(join(folder, 'dog'));
  expect((await openFolder(folder, { labels: 'optional' })).classes).toEqual(['cat', 'dog']);
});

test('given classes keep their order, and the folder may lack some', async () => {
  await put(['dog/a.png']);
  const data = await openFolder(folder, { classes: ['fish', 'dog', 'cat'] });
  expect([...labelsOf(selectSplit(data, 'all'))]).toEqual([1]);
  await expect(openFolder(folder, { classes: ['fish', 'cat'] })).rejects.toThrow(
    '"dog" is not one of the classes fish, cat; rename or remove the sub-folder.',
  );
});

test('a class that only valid has is refused', async () => {
  await put(['train/cat/a.png', 'train/dog/a.png', 'valid/cow/a.png']);
  await expect(openFolder(folder)).rejects.toThrow('valid: "cow" is not one of the classes cat, dog');
});

test.each([
  ['an empty folder', [], 'is empty; expected one sub-folder per class'],
  ['images without sub-folders', ['a.png', 'b.png'], 'has 2 images, but no sub-folders; expected one'],
  ['only one class', ['cat/a.png'], 'has only one class, "cat"; put the images of the other classes'],
  [
    'a class of other files',
    ['cat/a.png', 'dog/a.txt'],
    'the class "dog" has no images (it has 1 other file, such as a.txt)',
  ],
  [
    'no image anywhere',
    ['train/cat/a.txt', 'train/dog/a.txt'],
    'has no images (it has 2 other files, such as a.txt)',
  ],
  ['valid twice', ['train/a/1.png', 'val/a/1.png', 'valid/a/1.png'], 'both mean valid'],
])('%s: refused', async (_, files, message) => {
  await put(files);
  await expect(openFolder(folder)).rejects.toThrow(message);
});

test('a class without any file, and a folder that is none, are refused', async () => {
  await put(['cat/a.png']);
  await mkdir(join(folder, 'dog'));
  await expect(openFolder(folder)).rejects.toThrow('the class "dog" has no images (it is empty)');
  await expect(openFolder(join(folder, 'cow'))).rejects.toThrow('cannot be opened as a folder (ENOENT)');
  await expect(openFolder(join(folder, 'cat', 'a.png'))).rejects.toThrow(
    'cannot be opened as a folder (ENOTDIR)',
  );
});

test('files that are not images are skipped, with a note', async () => {
  await put(['cat/a.png', 'dog/b.png', 'dog/notes.txt', 'cat/more.txt']);
  await writeFile(join(folder, 'cat', 'Makefile'), '');
  const { notes } = await openFolder(folder);
  expect(notes).toEqual([`${folder}: skipped 3 files that are not images (no extension 1, .txt 2).`]);
});

test('links are followed, except cyclic and broken ones', async () => {
  await put(['cat/a.png', 'dog/b.png']);
  await symlink(folder, join(folder, 'again'));
  await symlink('../dog', join(folder, 'cat', 'dogs'));
  await symlink('../cat', join(folder, 'dog', 'cats'));
  await symlink('nowhere.png', join(folder, 'dog', 'dead.png'));
  await symlink('itself', join(folder, 'dog', 'itself'));
  const data = await openFolder(folder);
  expect(data.classes).toEqual(['cat', 'dog']);
  expect(paths(selectSplit(data, 'all'))).toEqual([
    'cat/a.png',
    'cat/dogs/b.png',
    'dog/b.png',
    'dog/cats/a.png',
  ]);
  expect(data.notes).toEqual([`${folder}: skipped 3 links to a parent folder, 4 broken links.`]);
});

test('links out of the folder are followed on request only, and never cyclic ones', async () => {
  await put(['in/cat/a.png', 'in/dog/b.png', 'out/dog/c.png', 'out/more.png']);
  const root = join(folder, 'in');
  await symlink(join(folder, 'out/more.png'), join(root, 'cat', 'more.png'));
  await symlink(join(folder, 'out/dog'), join(root, 'dog', 'more'));
  await symlink('/', join(root, 'disk'));
  await symlink('/', join(root, 'cat', 'disk'));
  await symlink('..', join(root, 'cat', 'up'));
  const { all, classes, notes } = await openFolder(root);
  expect(classes).toEqual(['cat', 'dog']);
  expect(paths(all!)).toEqual(['in/cat/a.png', 'in/dog/b.png']);
  expect(notes).toEqual([
    `${root}: skipped 3 links to a parent folder.`,
    `${root}: skipped 2 symbolic links out of the folder (${join(root, 'cat/more.png')}, ${join(root, 'dog/more')}); ` +
      'to follow them, use --follow-links (in a program: followLinks).',
  ]);
  const followed = await openDataset(`folder:${root}`, { followLinks: true });
  expect(paths(followed.all!)).toEqual([
    'in/cat/a.png',
    'in/cat/more.png',
    'in/dog/b.png',
    'in/dog/more/c.png',
  ]);
});

test('a class of nothing but links out of the folder says how to follow them', async () => {
  await put(['in/cat/a.png', 'out/dog/c.png']);
  await symlink(join(folder, 'out/dog'), join(folder, 'in', 'dog'));
  await mkdir(join(folder, 'in', 'cow'));
  await symlink(join(folder, 'out/dog/c.png'), join(folder, 'in', 'cow', 'c.png'));
  await expect(openFolder(join(folder, 'in'))).rejects.toThrow(
    'the class "cow" has only 1 symbolic link out of the folder',
  );
  const { classes } = await openFolder(join(folder, 'in'), { followLinks: true });
  expect(classes).toEqual(['cat', 'cow', 'dog']);
});

test('all extensions of JPEG are known', async () => {
  const names = ['a.jpg', 'b.JPEG', 'c.jpe', 'd.JFIF', 'e.pjpeg', 'f.pjp'].map((name) => `cat/${name}`);
  await put([...names, 'dog/a.png']);
  expect(paths(selectSplit(await openFolder(folder), 'all'))).toEqual([...names, 'dog/a.png']);
});

test('formats that cannot be read are named, with what to do', async () => {
  await put(['cat/a.png', 'dog/b.png', 'dog/c.HEIC', 'dog/d.heif', 'dog/e.cr2']);
  const { notes } = await openFolder(folder);
  expect(notes).toEqual([
    expect.stringContaining(
      'skipped 2 HEIC files (c.HEIC, d.heif), which cannot be read; convert such files to JPEG',
    ),
    expect.stringContaining(
      'skipped 1 camera raw file (e.cr2), which cannot be read; convert such files to PNG',
    ),
  ]);
  await put(['only/cow/1.heic', 'only/pig/2.heic', 'one/cat/a.png', 'one/cow/1.heic']);
  await expect(openFolder(join(folder, 'only'))).rejects.toThrow(
    'only: has only 2 HEIC files (1.heic, 2.heic), which',
  );
  await expect(openFolder(join(folder, 'one'))).rejects.toThrow(
    'the class "cow" has only 1 HEIC file (1.heic)',
  );
});

test('hidden folders are skipped, with a note', async () => {
  await put([
    'cat/a.png',
    'dog/b.png',
    '.ipynb_checkpoints/a.png',
    'cat/.ipynb_checkpoints/a.png',
    '__MACOSX/cat/a.png',
  ]);
  await writeFile(join(folder, 'cat', '.DS_Store'), '');
  const { classes, notes } = await openFolder(folder);
  expect(classes).toEqual(['cat', 'dog']);
  expect(notes).toEqual([`${folder}: skipped 3 hidden items (.ipynb_checkpoints, __MACOSX).`]);
});

test('class folders that differ only in case are the same in another split, with a note', async () => {
  await put(['train/Cat/a.png', 'train/Dog/a.png', 'val/cat/b.png', 'val/DOG/b.png']);
  const { classes, splits, notes } = await openFolder(folder);
  expect(classes).toEqual(['Cat', 'Dog']);
  expect([...labelsOf(splits.valid)]).toEqual([1, 0]);
  expect(notes).toEqual([`${join(folder, 'val')}: read the class folders "DOG" as "Dog", "cat" as "Cat".`]);
  const flat = await openFolder(join(folder, 'val'), { classes: ['Dog', 'Cat'] });
  expect([...labelsOf(flat.all!)]).toEqual([0, 1]);
});

test.runIf(process.platform === 'linux')(
  'class folders beside each other that differ only in case are separate, with a note',
  async () => {
    await put(['cat/a.png', 'Cat/a.png', 'dog/a.png']);
    const { classes, notes } = await openFolder(folder);
    expect(classes).toEqual(['Cat', 'cat', 'dog']);
    expect(notes).toEqual([`${folder}: the classes "Cat", "cat" differ only in case or spaces.`]);
    await expect(openFolder(folder, { classes: ['CAT', 'dog', 'Cat'] })).rejects.toThrow(
      '"cat" is not one of the classes',
    );
  },
);

test('splits without class folders need a pattern of labels, or no labels', async () => {
  await put(['train/cat.0.png', 'train/dog.0.png', 'test1/1.png']);
  await expect(openFolder(folder)).rejects.toThrow(
    '"test1", "train" have names of splits, but contain images without class folders',
  );
  await expect(openFolder(folder)).rejects.toThrow('--label-pattern');
  const { classes, splits } = await openFolder(folder, { labels: 'optional' });
  expect(classes).toEqual(['unlabelled']);
  expect([splits.train.length, splits.valid.length, splits.test.length]).toEqual([2, 0, 1]);
  expect((await openFolder(folder, { splitFolders: 'none' })).classes).toEqual(['test1', 'train']);
});

test('names with spaces and of any language are names of classes, composed as people type them', async () => {
  await put(['Hu\u0308hner im Garten/foto 1.png', '\u732b/\u732b (1).png']);
  const data = await openFolder(folder);
  expect(data.classes).toEqual(['H\u00fchner im Garten', '\u732b']);
  expect((await selectSplit(data, 'all').get(0)).image).toEqual(flatImage(7));
  const again = await openFolder(folder, { classes: ['\u732b', 'H\u00fchner im Garten'] });
  expect([...labelsOf(selectSplit(again, 'all'))]).toEqual([1, 0]);
});

test('an empty file and a broken one are only found when they are read', async () => {
  await put(['cat/a.png', 'dog/b.png']);
  await writeFile(join(folder, 'cat', 'empty.jpg'), '');
  const all = selectSplit(await openFolder(folder), 'all');
  expect(all.length).toBe(3);
  await expect(all.get(1)).rejects.toThrow('empty.jpg: is not a readable image but an empty file');
});

test('an unreadable image names its file when it is read', async () => {
  await put(['cat/a.png', 'dog/b.png']);
  await writeFile(join(folder, 'dog', 'b.png'), 'text');
  const all = selectSplit(await openFolder(folder), 'all');
  await expect(all.get(1)).rejects.toThrow(`${join(folder, 'dog', 'b.png')}: is not a readable image but`);
});

test('a data set is opened by its name', async () => {
  await put(['cat/a.png', 'dog/b.png']);
  expect((await openDataset(`folder:${folder}`)).name).toBe(`folder:${folder}`);
  const digits = await openDataset('digits', { seed: 3 });
  expect(digits.classes.length).toBe(10);
});

test('a wrong name of a data set says what is right', async () => {
  await expect(openDataset('minst')).rejects.toThrow('unknown data set "minst". Did you mean "mnist"?');
  await expect(openDataset('folder')).rejects.toThrow('data set must be written as folder:DIR');
  await expect(openDataset('mnist:5')).rejects.toThrow('data set must be written as mnist (handwritten');
  await expect(openDataset('./nowhere')).rejects.toThrow(
    'there is no folder or table "./nowhere"; check the path.',
  );
});

test('the path of a folder or of a table is a name too, and ~ is the home folder', async () => {
  await put(['cat/a.png', 'dog/b.png']);
  await writeFile(join(folder, 'table.csv'), 'path,label\ncat/a.png,x\ndog/b.png,y\n');
  expect((await openDataset(folder)).name).toBe(`folder:${folder}`);
  expect((await openDataset(join(folder, 'table.csv'))).classes).toEqual(['x', 'y']);
  await expect(openDataset('folder:~/nowhere at all')).rejects.toThrow(`${homedir()}/nowhere at all: cannot`);
});
