import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { archive, latin1 } from '../../../test/pickles.ts';
import { DataError } from '../../base/errors.ts';
import { floatTensor, intTensor, type Tensor } from '../../tensor/tensor.ts';
import { writeNpz } from '../files.ts';
import { openTensorSource, readTensors } from '../open.ts';
import { memorySource } from '../source.ts';
import { npyParts, readArray } from './npy.ts';

/** A file with this header, and 8 bytes of elements. */
function file(header: string): Buffer {
  return latin1(`\x93NUMPY\x01\x00${String.fromCharCode(header.length, 0)}${header}\0\0\x80\x3f\0\0\0\x40`);
}

function read(bytes: Uint8Array) {
  return readArray(memorySource(bytes, 'x.npy'), 'x.npy');
}

const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";

test('a header is read', async () => {
  expect(await read(file(header))).toMatchObject({ type: 'F32', shape: [2], bigEndian: false });
  expect(await read(file(header.replace('<f4', '>f8').replace('(2,)', '()')))).toMatchObject({
    type: 'F64',
    shape: [],
    bigEndian: true,
  });
});

test.each([
  ['nothing', Buffer.alloc(0), /is not a NumPy array/],
  ['half a preamble', latin1('\x93NUMPY\x01'), /is not a NumPy array/],
  ['a header beyond the end', latin1('\x93NUMPY\x01\x00\xff\x00....'), /expected 255 bytes at byte 10/],
  ['a huge header', latin1('\x93NUMPY\x02\x00\xff\xff\xff\xff'), /has a header of 4294967295 bytes/],
  ['code in place of a header', file("__import__('os')"), /expected a 'descr' of one of the types/],
  ['a negative extent', file(header.replace('2,', '-2,')), /expected 'fortran_order' and 'shape' in it/],
  [
    'an extent of half an element',
    file(header.replace('2,', '2.5,')),
    /expected 'fortran_order' and 'shape'/,
  ],
  ['extents with a gap', file(header.replace('2,', '1 2,')), /expected NaN bytes after it/],
  ['a huge shape', file(header.replace('2,', '99999999999, 99999999999')), /bytes after it, but 8 follow/],
  ['elements too few', file(header).subarray(0, -1), /expected 8 bytes after it, but 7 follow/],
])('a file of %s is refused', async (_, bytes, message) => {
  await expect(read(bytes)).rejects.toThrow(DataError);
  await expect(read(bytes)).rejects.toThrow(message);
});

test('an array of objects is not read, and does not keep others of an archive from being read', async () => {
  const objects = file(header.replace('<f4', '|O8'));
  expect(await read(objects)).toMatchObject({
    unreadable: expect.stringContaining("a 'descr' of one of the types f8, f4"),
  });
  const zip = await archive([
    ['a.npy', objects],
    ['b.npy', file(header)],
  ]);
  const { tensors, skipped } = await openTensorSource(memorySource(zip, 'x.npz'));
  expect([...tensors.keys()]).toEqual(['b']);
  expect(skipped).toMatchObject([{ name: 'a' }]);
});

const witness = JSON.parse(
  readFileSync(new URL('../../../test/witness/formats.json', import.meta.url), 'utf8'),
);

test('an array is written with the bytes that NumPy writes', () => {
  const [, shape, values] = witness['float32.npy'].tensors.tensor;
  expect(Buffer.concat(npyParts(floatTensor(shape, values))).toString('base64')).toBe(
    witness['float32.npy'].base64,
  );
});

test('an archive of arrays is written, always with the same bytes, and read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-npz-'));
  const tensors = new Map<string, Tensor>([
    ['layer1.0.weight', floatTensor([2, 1, 2], [1, -0.5, 3e38, NaN])],
    ['labels', intTensor([], [-7])],
    ['empty', floatTensor([0, 3], [])],
  ]);
  await writeNpz(join(folder, 'a.npz'), tensors);
  await writeNpz(join(folder, 'b.npz'), tensors);
  expect(await readTensors(join(folder, 'a.npz'))).toEqual({
    format: 'npz',
    metadata: {},
    skipped: [],
    tensors,
  });
  expect(readFileSync(join(folder, 'a.npz'))).toEqual(readFileSync(join(folder, 'b.npz')));
  const outside = new Map([['../a', tensors.get('labels')!]]);
  await expect(writeNpz(join(folder, 'c.npz'), outside)).rejects.toThrow('a tensor cannot be called "../a"');
  await rm(folder, { recursive: true });
});
