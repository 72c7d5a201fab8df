import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dict, int, latin1, named, pickle, text, torchTensor, tuple } from '../../../test/pickles.ts';
import { DataError } from '../../base/errors.ts';
import { openTensorSource } from '../open.ts';
import { memorySource } from '../source.ts';
import { readAll } from '../tensor-file.ts';

const MAGIC = pickle('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19');

interface Parts {
  readonly version?: string;
  readonly structure?: string;
  readonly keys?: string;
  readonly storages?: string;
}

/** A file with one tensor of two elements, 1 and 2, unless parts of it are given. */
function file({
  version = int(1001),
  structure = one,
  keys = tuple(text('0')),
  storages = two,
}: Parts): Buffer {
  return Buffer.concat([
    MAGIC,
    pickle(version),
    pickle('}'),
    pickle(structure),
    pickle(keys),
    latin1(storages),
  ]);
}

const one = dict({ a: torchTensor({ shape: [2], strides: [1] }) });
const two = '\x02\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40';

async function read(bytes: Uint8Array) {
  return readAll(await openTensorSource(memorySource(bytes, 'x.pth')));
}

test('storages are found behind the pickles', async () => {
  expect((await read(file({}))).get('a')?.data).toEqual(Float32Array.of(1, 2));
});

test.each<[string, Parts, RegExp]>([
  ['another version', { version: int(1000) }, /is of PyTorch's version 1000; expected 1001/],
  ['a version that is a huge list', { version: `N${'q\x000(h\x00h\x00t'.repeat(40)}` }, /version \(Array\)/],
  ['no keys', { keys: '(t' }, /has no elements for the storage "0"/],
  ['a key of no tensor', { keys: tuple(text('0'), text('7')) }, /lists the storage "7", which no tensor has/],
  [
    'a key twice',
    { keys: tuple(text('0'), text('0')), storages: two + two },
    /lists the storage "0".* or twice/,
  ],
  ['keys that are not a list', { keys: int(1) }, /gives 1 as the keys of the storages; expected a list/],
  ['elements too few', { storages: two.slice(0, -1) }, /expected 8 bytes at byte/],
  ['a negative count', { storages: '\xff'.repeat(8) }, /expected -4 bytes at byte/],
  ['a huge count', { storages: `${'\xff'.repeat(7)}\x7f` }, /expected 3689\d+ bytes at byte/],
  ['a count smaller than its tensor', { storages: `\x01${two.slice(1)}` }, /tensor "a" needs 2 elements/],
  [
    'a class in its pickle',
    { structure: `${tuple(text('module'), named('torch', 'Tensor'))}Q` },
    /external data that is not a storage/,
  ],
  [
    'a storage that is not a type',
    { structure: `${tuple(text('storage'), int(1), text('0'))}Q` },
    /gives 1 as the type of a storage/,
  ],
])('a file with %s is refused', async (_, parts, message) => {
  await expect(read(file(parts))).rejects.toThrow(DataError);
  await expect(read(file(parts))).rejects.toThrow(message);
});

const witness = JSON.parse(
  readFileSync(new URL('../../../test/witness/formats.json', import.meta.url), 'utf8'),
);

test('a file that is cut anywhere is refused', async () => {
  const whole = Buffer.from(witness['views, legacy.pt'].base64, 'base64');
  for (let length = 0; length < whole.length; length++) {
    await expect(read(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});
