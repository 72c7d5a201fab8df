import { expect, test } from 'vitest';
import { type NumberListener, NumberListReader } from './number-lists.ts';

/** What the reader reports for a text in chunks of `size` bytes. */
function heard(text: string, size = 1000): string[] {
  const reported: string[] = [];
  const listener: NumberListener = {
    number: (value, place) => reported.push(`${place.join('.')}: ${value}`),
    listEnd: (place, length) => reported.push(`${place.join('.')} ends with ${length}`),
  };
  const reader = new NumberListReader('lists.json', listener);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
  reader.end();
  return reported;
}

test('numbers are reported with their positions, and lists with their lengths', () => {
  expect(heard('[[1,2],[],[3]]')).toEqual([
    '0.0: 1',
    '0.1: 2',
    '0 ends with 2',
    '1 ends with 0',
    '2.0: 3',
    '2 ends with 1',
    ' ends with 3',
  ]);
});

test('numbers are those of JSON.parse, wherever the pieces end', () => {
  const values = [0, -1, 12.5, 0.003921569, -0.9921568627, 1e-7, 2.5e3, 123456789.25, -3e2, 1e21];
  const text = ` [ ${values.map((value) => JSON.stringify(value)).join(' ,\r\n\t')} ] `;
  for (const size of [1, 2, 3, 7, 1000]) {
    const read = heard(text, size).slice(0, -1);
    for (const [i, line] of read.entries()) expect(Number(line.split(': ')[1])).toBeCloseTo(values[i], 14);
    expect(read.length).toBe(values.length);
  }
});

test.each([
  ['{"a": 1}', 'byte 0'],
  ['["a"]', 'byte 1'],
  ['[1 2]', 'byte 4'],
  ['[1,,2]', 'byte 3'],
  ['[1,]', 'byte 3'],
  ['[1]]', 'byte 3'],
  ['[1][2]', 'byte 3'],
  ['[1[2]]', 'byte 2'],
  ['[1.2.3]', 'byte 4'],
  ['[1-2]', 'byte 2'],
  ['5,', 'byte 1'],
  ['[null]', 'byte 1'],
])('%s is refused where it goes wrong', (text, place) => {
  expect(() => heard(text)).toThrow(`lists.json: unexpected ${place} in lists of numbers`);
});

test('a file that ends early is refused', () => {
  expect(() => heard('[[1,2],[3')).toThrow('lists.json: ends inside its lists, after 9 bytes');
  expect(() => heard('')).toThrow('ends inside its lists');
});
