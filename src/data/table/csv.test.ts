import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { columnOf, optionalColumn, parseRows, readRows } from './csv.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

const cells = (text: string) => parseRows(text, 'table').map((row) => row.cells);

test.each([
  [
    'commas',
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'semicolons, where commas are in numbers',
    'a;b;c\n1,5;2;3',
    [
      ['a', 'b', 'c'],
      ['1,5', '2', '3'],
    ],
  ],
  [
    'tabs and Windows line ends',
    'a\tb\r\n1\t2\r\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'quoted cells',
    '"a, b","c ""d"""\n"two\nlines",x',
    [
      ['a, b', 'c "d"'],
      ['two\nlines', 'x'],
    ],
  ],
  [
    'empty lines and cells',
    '\na,\n\n,b\n',
    [
      ['a', ''],
      ['', 'b'],
    ],
  ],
  ['spaces around cells, which are kept,', ' a , b', [[' a ', ' b']]],
  [
    'spaces behind names of images',
    'a/1.jpg 0\na/2.jpg 1',
    [
      ['a/1.jpg', '0'],
      ['a/2.jpg', '1'],
    ],
  ],
  ['commas in a quoted header', '"a,b,c";d', [['a,b,c', 'd']]],
])('%s are distinguished', (_, text, expected) => {
  expect(cells(text)).toEqual(expected);
});

test('rows know their lines, after quoted line breaks too', () => {
  expect(parseRows('a\n"b\n"\n\nc', 't').map(({ line }) => line)).toEqual([1, 2, 5]);
});

test('a file is read as UTF-8, with or without a byte order mark', async () => {
  const path = join(folder, 'table.csv');
  await writeFile(path, '\ufeffpath,label\nü.png,é');
  expect((await readRows(path)).map((row) => row.cells)).toEqual([
    ['path', 'label'],
    ['ü.png', 'é'],
  ]);
});

test('an open quotation mark, a spreadsheet and a missing file are refused', async () => {
  expect(() => parseRows('a\n"b', 'table.csv')).toThrow('table.csv: line 2 has a quotation mark');
  const path = join(folder, 'table.xlsx');
  await writeFile(path, 'PK\x03\x04\0\0');
  await expect(readRows(path)).rejects.toThrow(
    'is not a text file; save it as text, a spreadsheet as comma-separated',
  );
  await expect(readRows(join(folder, 'none.csv'))).rejects.toThrow('none.csv: cannot be read (ENOENT)');
});

test('columns are found by one of their names, in any case', () => {
  const [header] = parseRows('ID,imgName,Label', 'table.csv');
  expect(columnOf(header, ['file', 'imgname'], 'table.csv')).toBe(1);
  expect(optionalColumn(header, ['split'])).toBe(-1);
  expect(() => columnOf(header, ['path', 'file'], 'table.csv')).toThrow(
    'table.csv: has the columns ID, imgName, Label; expected one named path or file',
  );
});
