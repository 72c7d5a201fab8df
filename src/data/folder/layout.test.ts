import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { isImageName } from '../file-dataset.ts';
import { findLayout, type LayoutOptions } from './layout.ts';
import { parseSplitFolders, splitsByName } from './split-folders.ts';
import type { FolderTree } from './walk.ts';

/** The tree of a folder `data` with these files. */
function treeOf(files: readonly string[], path = 'data'): FolderTree {
  const names = [
    ...new Set(files.flatMap((file) => (file.includes('/') ? [file.split('/')[0]] : []))),
  ].sort();
  const direct = files.filter((file) => !file.includes('/') && file !== '');
  const below = (name: string) =>
    files.filter((file) => file.startsWith(`${name}/`)).map((file) => file.slice(name.length + 1));
  return {
    path,
    name: posix.basename(path),
    folders: names.map((name) => treeOf(below(name), `${path}/${name}`)),
    images: direct.filter(isImageName).map((name) => `${path}/${name}`),
    others: direct.filter((name) => !isImageName(name)),
  };
}

/** An image in each of these folders. */
const imagesIn = (...folders: readonly string[]) => folders.map((folder) => `${folder}/1.png`);
/** Class folders in each of these. */
const classesIn = (...folders: readonly string[]) =>
  folders.flatMap((folder) => imagesIn(`${folder}/cat`, `${folder}/dog`));

/** The reading in short: `classes a b`, or `train=A valid=B` with the folders where the classes are. */
function reading(files: readonly string[], options?: LayoutOptions): string {
  const layout = findLayout(treeOf(files), options);
  if (layout.kind === 'images') return `images of ${layout.tree.path}`;
  if (layout.kind === 'classes') return `classes ${layout.classes.map(({ path }) => path).join(' ')}`;
  const splits = layout.splits.map(({ split, tree }) => `${split}=${tree.path}`).sort();
  return [...(layout.kind === 'flat-splits' ? ['flat'] : []), ...splits].join(' ');
}

const notes = (files: readonly string[]) => findLayout(treeOf(files)).notes;

test.each([
  ['training_set/test_set', ['training_set', 'test_set']],
  ['seg_train/seg_test', ['seg_train', 'seg_test']],
  ['train_images/test_images', ['train_images', 'test_images']],
  ['train-set/test-set', ['train-set', 'test-set']],
  ['TrainSet/TestSet', ['TrainSet', 'TestSet']],
  ['trainset/testset', ['trainset', 'testset']],
  ['Training/Test', ['Training', 'Test']],
  ['train2017/test2017', ['train2017', 'test2017']],
  ['numbers and prefixes', ['1. Flowers (train)', '2. Flowers (test)']],
  ['training data/testing data', ['training data', 'testing data']],
])('%s are splits by their names', (_, [train, test]) => {
  expect(reading(classesIn(train, test))).toBe(`test=data/${test} train=data/${train}`);
});

test('train and dev, Train and Val, three splits, and one alone are splits', () => {
  expect(reading(classesIn('train', 'dev'))).toBe('train=data/train valid=data/dev');
  expect(reading(classesIn('Train', 'Val'))).toBe('train=data/Train valid=data/Val');
  expect(reading(classesIn('x_train', 'x_valid', 'x_test'))).toBe(
    'test=data/x_test train=data/x_train valid=data/x_valid',
  );
  expect(reading(classesIn('train'))).toBe('train=data/train');
  expect(notes(classesIn('train', 'val'))).toEqual([]);
  expect(notes(classesIn('seg_train', 'seg_test'))).toEqual([
    'read the split folders "seg_test" as test, "seg_train" as train',
  ]);
});

test('names with other words around them are not splits', () => {
  expect(splitsByName(['train_station', 'bus_station'])).toEqual([undefined, undefined]);
  expect(splitsByName(['valid', 'invalid'])).toEqual(['valid', undefined]);
  expect(splitsByName(['test positive', 'test negative'])).toEqual([undefined, undefined]);
  expect(splitsByName(['untrained', 'pretrain', 'latest', 'contest'])).toEqual(Array(4).fill(undefined));
  expect(splitsByName(['train_val', 'test'])).toEqual(['train', 'test']);
  expect(splitsByName(['trainval', 'test'])).toEqual(['train', 'test']);
  expect(reading(imagesIn('valid', 'invalid'))).toBe('classes data/invalid data/valid');
  expect(reading(imagesIn('train', 'bus'))).toBe('classes data/bus data/train');
});

test('a split for each class is explained', () => {
  const files = imagesIn('trainA', 'trainB', 'testA', 'testB');
  expect(() => reading(files)).toThrow(
    '"testA", "testB", "trainA", "trainB" have names of splits, several of each',
  );
  expect(reading(files, { splitFolders: 'none' })).toBe(
    'classes data/testA data/testB data/trainA data/trainB',
  );
  expect(reading(imagesIn('test', 'test2'))).toBe('classes data/test data/test2');
});

test('names in an example are quoted where a shell needs it', () => {
  expect(() => reading(classesIn('my a', 'my b'))).toThrow('--split-folders "train=my a,test=my b"');
});

test('validation in other languages is read as the valid split beside train', () => {
  expect(reading(classesIn('train', 'validierung'))).toBe('train=data/train valid=data/validierung');
  expect(reading(classesIn('train', 'valid', 'validaci\u00f3n'))).toBe(
    'test=data/validaci\u00f3n train=data/train valid=data/valid',
  );
});

test('the example takes the folder with the most images for training', () => {
  const files = [...classesIn('a', 'b'), 'b/cat/2.png'];
  expect(() => reading(files)).toThrow('such as --split-folders train=b,test=a');
});

test('train beside one other folder with the same class folders is read as train and test', () => {
  const files = classesIn('train', 'holdout');
  expect(reading(files)).toBe('test=data/holdout train=data/train');
  expect(notes(files)).toEqual([
    'read "holdout" as the test split, because it has the same class folders as train',
  ]);
});

test.each([
  [
    'train beside a folder of images',
    [...classesIn('train'), ...imagesIn('bus')],
    '"train" has the name of a split',
  ],
  [
    'train beside other sub-folders',
    [...classesIn('train'), ...imagesIn('bus/a', 'bus/b')],
    'but "bus" is not the name of a split',
  ],
  [
    'a variant beside train and test',
    classesIn('train', 'test', 'train_gray'),
    'but "train_gray" is not the name of a split',
  ],
  [
    'a variant of train alone',
    classesIn('train', 'train_gray'),
    'but "train_gray" is not the name of a split',
  ],
  ['a split twice', classesIn('train', 'val', 'validation'), 'val and validation both mean valid'],
  [
    'a third folder of the same classes',
    classesIn('train', 'test', 'more'),
    'but "more" is not the name of a split',
  ],
  [
    'train, test and another, without classes',
    imagesIn('train', 'test', 'bus'),
    'but "bus" is not the name of a split',
  ],
  [
    'variants of one data set',
    classesIn('color', 'grayscale', 'segmented'),
    'contain the same sub-folders (cat, dog)',
  ],
  ['folds', classesIn('fold1', 'fold2'), '--split-folders train=fold1,test=fold2'],
  [
    'splits inside of classes',
    imagesIn('a/train', 'a/test', 'b/train', 'b/test'),
    '"a", "b" contain splits (test, train) each; expected split folders',
  ],
  [
    'valid and invalid with the same folders',
    classesIn('valid', 'invalid'),
    '"valid" has the name of a split',
  ],
])('%s: stops with both readings', (_, files, message) => {
  expect(() => findLayout(treeOf(files))).toThrow(message);
  expect(() => findLayout(treeOf(files))).toThrow('--split-folders');
});

test('both readings can be chosen', () => {
  const files = classesIn('color', 'gray');
  expect(reading(files, { splitFolders: 'none' })).toBe('classes data/color data/gray');
  expect(reading(classesIn('plants/color', 'plants/gray'), { splitFolders: 'none' })).toBe(
    'classes data/plants/color data/plants/gray',
  );
  expect(reading(classesIn('plants/color', 'plants/gray'), { splitFolders: { train: 'gray' } })).toBe(
    'train=data/plants/gray',
  );
  expect(reading(files, { splitFolders: { train: 'color' } })).toBe('train=data/color');
  expect(reading(files, { splitFolders: parseSplitFolders('train=color,test=gray') })).toBe(
    'test=data/gray train=data/color',
  );
  expect(() => findLayout(treeOf(files), { splitFolders: { train: 'colors' } })).toThrow(
    'has no sub-folder "colors" for the train split; its sub-folders are "color", "gray"',
  );
});

test.each([
  ['', '"" has ""'],
  ['train', 'has "train"'],
  ['train=', 'has no folder for train'],
  ['train=a,train=b', 'has train twice'],
  ['tain=a', 'Did you mean "train"?'],
])('split folders "%s" are refused', (text, message) => {
  expect(() => parseSplitFolders(text)).toThrow(message);
});

test('a folder without classes beside splits is skipped, with a note', () => {
  const unlabeled = [
    ...classesIn('seg_train/seg_train', 'seg_test/seg_test'),
    ...imagesIn('seg_pred/seg_pred'),
  ];
  expect(reading(unlabeled)).toBe('test=data/seg_test/seg_test train=data/seg_train/seg_train');
  expect(notes(unlabeled)).toContain(
    'skipped "seg_pred" beside the splits, because it has no class folders of its own',
  );
  const copy = classesIn('train', 'test', 'val', 'xray/train', 'xray/test', 'xray/val');
  expect(reading(copy)).toBe('test=data/test train=data/train valid=data/val');
});

test('splits without class folders are found as such', () => {
  expect(reading(imagesIn('train', 'test1'))).toBe('flat test=data/test1 train=data/train');
  expect(reading(imagesIn('train/images', 'test/images'))).toBe(
    'flat test=data/test/images train=data/train/images',
  );
});

test('a folder around everything is opened, with a note', () => {
  expect(reading(classesIn('archive'))).toBe('classes data/archive/cat data/archive/dog');
  expect(reading(classesIn('data/data/train', 'data/data/test'))).toBe(
    'test=data/data/data/test train=data/data/data/train',
  );
  expect(
    reading([...classesIn('images/train', 'images/val'), 'labels/train/1.txt', 'labels/val/1.txt']),
  ).toBe('train=data/images/train valid=data/images/val');
  expect(notes(classesIn('archive'))).toEqual(['read data/archive, which contains all images of data']);
  expect(reading(imagesIn('cat'))).toBe('classes data/cat');
  expect(reading(imagesIn('cat/2020'))).toBe('classes data/cat');
  expect(reading(imagesIn('images'))).toBe('images of data/images');
});

test('class folders may hold sub-folders, and a copy of all classes among them is skipped', () => {
  expect(reading(imagesIn('cat/images', 'dog/images'))).toBe('classes data/cat data/dog');
  expect(reading(imagesIn('cat/a', 'cat/b', 'dog/c', 'dog/d'))).toBe('classes data/cat data/dog');
  const copy = [...imagesIn('sick', 'well'), ...imagesIn('cells/sick', 'cells/well')];
  expect(reading(copy)).toBe('classes data/sick data/well');
  expect(notes(copy)).toEqual([
    'skipped data/cells, because it contains folders with the same names as those beside it',
  ]);
});

test('folders that are all known classes are not looked at further', () => {
  const files = [...classesIn('train'), ...imagesIn('bus')];
  expect(reading(files, { classes: ['bus', 'train', 'car'] })).toBe('classes data/bus data/train');
});
