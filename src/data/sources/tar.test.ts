import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tar } from '../../../test/tar.ts';
import { readTar } from './tar.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-tar-'));
});
afterAll(() => rm(folder, { recursive: true }));

const large = Buffer.from(Array.from({ length: 3_000_001 }, (_, i) => i % 251));
const archive = tar([
  ['a/empty', Buffer.alloc(0)],
  ['a/small.txt', Buffer.from('text')],
  ['a/large.bin', large],
  ['b/small.txt', Buffer.from('other')],
]);

async function read(bytes: Buffer, isWanted: (name: string) => boolean = () => true, name = 'x.tar') {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return readTar(path, isWanted);
}

test.each([
  ['x.tar', archive],
  ['x.tar.gz', gzipSync(archive)],
  ['x.tgz', gzipSync(archive)],
])('the files of %s are read', async (name, bytes) => {
  const files = await read(bytes, undefined, name);
  expect([...files.keys()]).toEqual(['a/empty', 'a/small.txt', 'a/large.bin', 'b/small.txt']);
  expect(Buffer.from(files.get('a/small.txt')!).toString()).toBe('text');
  expect(Buffer.from(files.get('a/large.bin')!).equals(large)).toBe(true);
});

test('only selected files are read', async () => {
  const files = await read(archive, (name) => name.endsWith('.txt'));
  expect([...files.keys()]).toEqual(['a/small.txt', 'b/small.txt']);
});

test('what is truncated or no archive is refused', async () => {
  await expect(read(archive.subarray(0, 4000))).rejects.toThrow(
    'x.tar: is truncated; fetch the archive again.',
  );
  await expect(read(archive.subarray(0, 200))).rejects.toThrow('is truncated');
  await expect(read(Buffer.alloc(1024, 'text'))).rejects.toThrow(
    'x.tar: is not a tar archive, or is damaged',
  );
  await expect(read(archive, undefined, 'x.tar.gz')).rejects.toThrow('x.tar.gz: cannot be read');
  await expect(readTar(join(folder, 'none.tar'), () => true)).rejects.toThrow('none.tar: cannot be read');
});
