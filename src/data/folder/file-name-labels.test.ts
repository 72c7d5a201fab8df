import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { labelsOf, selectSplit, splitNames } from '../dataset.ts';
import { openDataset } from '../sources.ts';
import { labelInName, parseLabelPattern, suggestPattern } from './file-name-labels.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-names-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), '');
  }
}

const numbered = (label: string, count: number, separator = '.') =>
  Array.from({ length: count }, (_, i) => `${label}${separator}${i}.jpg`);

test.each([
  [[...numbered('cat', 2), ...numbered('dog', 2)], '^(.+)\\.\\d+\\.', ['cat', 'dog']],
  [
    [...numbered('great_pyrenees', 2, '_'), ...numbered('Abyssinian', 2, '_')],
    '^(.+)_\\d+\\.',
    ['great_pyrenees', 'Abyssinian'],
  ],
  [['cat (1).png', 'cat (2).png', 'dog (1).png'], '^(.+) \\(?\\d+\\)?\\.', ['cat', 'dog']],
  [['cat1.png', 'cat22.png', 'dog1.png'], '^(.+?)\\d+\\.', ['cat', 'dog']],
  [['1_cat.png', '2_cat.png', '3_dog.png'], '^\\d+[._ -](.+)\\.', ['cat', 'dog']],
])('a pattern is suggested for %j', (names, pattern, labels) => {
  expect(suggestPattern(names)).toBe(pattern);
  expect([...new Set(names.map((name) => labelInName(name, parseLabelPattern(pattern))))]).toEqual(labels);
});

test.each([
  [['1.jpg', '2.jpg', '3.jpg']],
  [numbered('IMG', 5, '_')],
  [['000_001.jpg', '000_002.jpg', '001_001.jpg']],
  [['one.jpg', 'two.jpg', 'three.jpg']],
  [['cat.0.jpg', 'cat.1.jpg', 'dog.jpg']],
])('no pattern is suggested for %j', (names) => {
  expect(suggestPattern(names)).toBeUndefined();
});

test('a flat folder for training is refused with the option that reads it', async () => {
  await put([...numbered('cat', 3), ...numbered('dog', 3)]);
  await expect(openDataset(folder)).rejects.toThrow(
    'has 6 images, but no sub-folders; expected one sub-folder per class, with the images of that class in it, or if the ' +
      "file names contain the labels, use --label-pattern '^(.+)\\.\\d+\\.'",
  );
  const data = await openDataset(folder, { labelPattern: '^(.+)\\.\\d+\\.' });
  expect(data.classes).toEqual(['cat', 'dog']);
  const all = selectSplit(data, 'all');
  const labels = Array.from(labelsOf(all), (label, i) => `${basename(all.describe(i))} ${label}`);
  expect(labels).toEqual([
    'cat.0.jpg 0',
    'cat.1.jpg 0',
    'cat.2.jpg 0',
    'dog.0.jpg 1',
    'dog.1.jpg 1',
    'dog.2.jpg 1',
  ]);
  expect(splitNames.map((name) => data.splits[name].length)).toEqual([2, 2, 2]);
  expect(data.notes).toEqual([`${folder}: labels from file names by ^(.+)\\.\\d+\\. (2 classes).`]);
});

test('sub-folders that are splits stay splits, and others are gone through', async () => {
  await put([
    ...numbered('train/cat', 3),
    ...numbered('train/dog', 2),
    ...numbered('valid/dog', 1),
    ...numbered('test/cat', 2),
  ]);
  const data = await openDataset(folder, { labelPattern: '(?<label>[a-z]+)\\.(\\d+)' });
  expect(splitNames.map((name) => data.splits[name].length)).toEqual([5, 1, 2]);
  expect(data.splits.valid.label(0)).toBe(1);
  const deep = await openDataset(join(folder, 'train', '..'), {
    labelPattern: '^(\\w+)',
    classes: ['dog', 'cat'],
  });
  expect(deep.splits.valid.label(0)).toBe(0);
});

test('a test without labels in its names is skipped, a training split is not', async () => {
  await put([...numbered('train/cat', 3), ...numbered('train/dog', 2), 'test1/1.jpg', 'test1/2.jpg']);
  const data = await openDataset(folder, { labelPattern: '^(.+)\\.\\d+\\.' });
  expect(splitNames.map((name) => data.splits[name].length)).toEqual([5, 0, 0]);
  expect(data.notes).toContainEqual(
    `${join(folder, 'test1')}: skipped, because no file name in it has a label.`,
  );
  await expect(openDataset(folder, { labelPattern: '^([x-z]+)' })).rejects.toThrow(
    'does not match 5 of 5 file names',
  );
});

test('names that do not match, one class and labels of no class are refused', async () => {
  await put([...numbered('cat', 2), ...numbered('Cat', 2)]);
  const pattern = '^(.+)\\.\\d+\\.';
  expect((await openDataset(folder, { labelPattern: pattern })).notes).toContainEqual(
    `${folder}: "Cat" (2 images), "cat" (2 images) differ only in case, spaces or the format of numbers, and are separate ` +
      'classes; use one spelling if they are one class.',
  );
  await expect(openDataset(folder, { labelPattern: pattern, classes: ['cat', 'dog'] })).rejects.toThrow(
    'Cat.0.jpg has the label "Cat", which is not one of the classes cat, dog',
  );
  await expect(openDataset(folder, { labelPattern: '(jpg)' })).rejects.toThrow('finds only one class, "jpg"');
  await put(['0.jpg', '1.jpg']);
  await expect(openDataset(folder, { labelPattern: pattern })).rejects.toThrow(
    `${folder}: the label pattern ${pattern} does not match 2 of 6 file names (0.jpg, 1.jpg); change the pattern, or move`,
  );
});

test.each([
  ['(', /label pattern "\(": .*; write a regular expression/],
  ['cat', 'must have one group in parentheses, the label, got 0'],
  ['(a)(b)', 'must have one group in parentheses, the label, got 2'],
])('the pattern %s is refused', async (labelPattern, message) => {
  await expect(openDataset(folder, { labelPattern })).rejects.toThrow(message);
});

test('options of tables and of folders are refused for other data', async () => {
  await expect(openDataset('digits', { labelColumn: 'x' })).rejects.toThrow(
    '--label-column (labelColumn) is for csv:FILE, not for digits; omit it.',
  );
  await expect(openDataset(folder, { encoding: 'latin1' })).rejects.toThrow(
    'is for palm and csv:FILE, not for folder',
  );
  await expect(openDataset('mnist', { labelPattern: '(.)' })).rejects.toThrow(
    'is for folder:DIR, not for mnist',
  );
});
