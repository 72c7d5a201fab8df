// Classes by name or index, and in names of files.
import { expect, test } from 'vitest';
import { classFileName, findClass } from './classes.ts';

test('a class is found by its name, and otherwise by its index', () => {
  expect(findClass(['cat', 'dog'], 'dog')).toBe(1);
  expect(findClass(['cat', 'dog'], '0')).toBe(0);
  expect(findClass(['2', '1', '0'], '0')).toBe(2);
});

test('a wrong class is answered with the right ones', () => {
  expect(() => findClass(['cat', 'dog'], 'dogs')).toThrow(/unknown class "dogs".*"dog".*Known: cat, dog/);
  expect(() => findClass(['cat', 'dog'], '2')).toThrow(/unknown class "2"/);
});

test('of classes with one name, one is chosen by its index', () => {
  const classes = ['crane', 'cock', 'crane'];
  expect(() => findClass(classes, 'crane')).toThrow(/2 classes are named "crane".*index instead: 0 or 2/);
  expect(findClass(classes, '2')).toBe(2);
  expect([0, 1, 2].map((index) => classFileName(classes, index))).toEqual(['crane-0', 'cock', 'crane-2']);
});

test('names become names of files on every system', () => {
  expect(classFileName(['Samoyed, Samoyede', '../a:b', '犬', '?'], 0)).toBe('Samoyed-Samoyede');
  expect([1, 2, 3].map((index) => classFileName(['x', '../a:b', '犬', '?'], index))).toEqual([
    'a-b',
    '犬',
    'class-3',
  ]);
});
