import { expect, test } from 'vitest';
import { archive, dict, pickle, torchTensor } from '../../test/pickles.ts';
import { DataError } from '../base/errors.ts';
import { openTensorSource } from './open.ts';
import { memorySource } from './source.ts';
import { readArchive } from './zip.ts';

// Places in the records of an archive, from their beginnings.
const DIRECTORY = Buffer.from('PK\x01\x02', 'latin1');
const END = Buffer.from('PK\x05\x06', 'latin1');
const FIELD = { flags: 8, method: 10, packed: 20, size: 24, header: 42, name: 46 } as const;
const END_FIELD = { count: 10, offset: 16 } as const;

const content = Buffer.alloc(1000, 'abc');

function open(bytes: Uint8Array) {
  return readArchive(memorySource(bytes, 'x.pt'));
}

/** An archive of one entry, `a`, with some numbers in the record of its directory changed. */
async function changed(change: (record: Buffer, end: Buffer) => void, compress = false): Promise<Buffer> {
  const bytes = await archive([['a', content]], compress);
  change(bytes.subarray(bytes.indexOf(DIRECTORY)), bytes.subarray(bytes.indexOf(END)));
  return bytes;
}

test.each([false, true])('entries are read whole and in pieces (compressed: %s)', async (compress) => {
  const entries = await open(
    await archive(
      [
        ['folder/a', content],
        ['b', Buffer.alloc(0)],
      ],
      compress,
    ),
  );
  expect([...entries.keys()]).toEqual(['folder/a', 'b']);
  const entry = entries.get('folder/a')!;
  expect(entry.size).toBe(1000);
  expect(Buffer.from(await entry.read(0, 1000))).toEqual(content);
  expect(Buffer.from(await entry.read(998, 2)).toString()).toBe('ca');
  await expect(entry.read(999, 2)).rejects.toThrow(DataError);
  expect(await entries.get('b')!.read(0, 0)).toHaveLength(0);
});

test.each<[string, (record: Buffer, end: Buffer) => unknown, boolean, RegExp]>([
  [
    'a size of 10 GB',
    (record) => record.writeUInt32LE(0xfffffffe, FIELD.size),
    true,
    /says that \d+ bytes make 4294967294/,
  ],
  [
    'more bytes than the file has',
    (record) => record.fill(0x7f, FIELD.packed, FIELD.size + 4),
    false,
    /says that \d+ bytes make \d+, in a file of/,
  ],
  [
    'stored bytes of two sizes',
    (record) => record.writeUInt32LE(5, FIELD.size),
    false,
    /damaged zip archive \(.*size mismatch/,
  ],
  [
    'a password',
    (record) => record.writeUInt16LE(1, FIELD.flags),
    true,
    /is encrypted; write it without a password/,
  ],
  ['another method', (record) => record.writeUInt16LE(12, FIELD.method), false, /is compressed by method 12/],
  [
    'a path out of the folder',
    (record) => record.write('/', FIELD.name),
    false,
    /damaged zip archive \(absolute path/,
  ],
  [
    'more entries than it has',
    (_, end) => end.writeUInt16LE(0x0fff, END_FIELD.count),
    false,
    /expected 46 bytes/,
  ],
  [
    'a directory beyond the end',
    (_, end) => end.writeUInt32LE(0xfffffff0, END_FIELD.offset),
    false,
    /at byte 4294967280/,
  ],
])('an archive with %s is refused', async (_, change, compress, message) => {
  const refused = open(await changed(change, compress));
  await expect(refused).rejects.toThrow(DataError);
  await expect(refused).rejects.toThrow(message);
});

test.each<[string, (record: Buffer) => unknown, boolean, RegExp]>([
  ['content longer than said', (record) => record.writeUInt32LE(999, FIELD.size), true, /is damaged/],
  [
    'content shorter than said',
    (record) => record.writeUInt32LE(1001, FIELD.size),
    true,
    /it has 1000 bytes instead of 1001/,
  ],
  ['another checksum', (record) => record.writeUInt32LE(1, 16), true, /its checksum is wrong/],
  [
    'no entry at its place',
    (record) => record.writeUInt32LE(3, FIELD.header),
    false,
    /invalid local file header signature/,
  ],
])('an entry with %s cannot be read', async (_, change, compress, message) => {
  const entry = (await open(await changed(change, compress))).get('a')!;
  await expect(entry.read(0, entry.size)).rejects.toThrow(DataError);
  await expect(entry.read(0, entry.size)).rejects.toThrow(message);
});

test('an archive with two entries of one name is refused', async () => {
  const bytes = await archive([
    ['a', content],
    ['a', content],
  ]);
  await expect(open(bytes)).rejects.toThrow('x.pt: is an archive with two entries called "a".');
});

test('an archive that is cut anywhere is refused', async () => {
  const whole = await archive([['a', content.subarray(0, 20)]]);
  for (let length = 0; length < whole.length; length++) {
    await expect(open(whole.subarray(0, length))).rejects.toThrow(DataError);
  }
});

test("storages are looked up by name among the archive's own entries, never on disk", async () => {
  const tensor = torchTensor({ key: '../../../etc/passwd', shape: [1], strides: [1] });
  const bytes = await archive([['x/data.pkl', pickle(dict({ a: tensor }))]]);
  await expect(openTensorSource(memorySource(bytes, 'x.pt'))).rejects.toThrow(
    /asks for the storage "x\/data\/\.\.\/\.\.\/\.\.\/etc\/passwd", which the archive does not have/,
  );
});

test('an archive of other things is refused with what it holds', async () => {
  const bytes = await archive([['word/document.xml', content]]);
  await expect(openTensorSource(memorySource(bytes, 'x.docx'))).rejects.toThrow(
    'x.docx: is a zip archive without weights (it holds word/document.xml)',
  );
});
