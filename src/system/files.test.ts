// Files read and replaced whole.
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRegularFile, readRegularFileSync, replaceFile } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a regular file and a link to one are read', async () => {
  const path = join(folder, 'a.txt');
  await writeFile(path, 'content');
  await symlink(path, join(folder, 'link'));
  expect((await readRegularFile(join(folder, 'link'))).toString()).toBe('content');
  expect(readRegularFileSync(path).toString()).toBe('content');
});

test('a file larger than the limit is refused before it is read', async () => {
  const path = join(folder, 'a.txt');
  await writeFile(path, 'content');
  const message = /a\.txt: has 7 bytes; the limit for files of this kind is 6\./;
  await expect(readRegularFile(path, { maxBytes: 6 })).rejects.toThrow(message);
  expect(() => readRegularFileSync(path, { maxBytes: 6 })).toThrow(message);
});

test('a disk that is full while a file is replaced leaves the old file, and nothing else', async () => {
  const path = join(folder, 'a.txt');
  await writeFile(path, 'old');
  function* parts() {
    yield new Uint8Array(1000);
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
  await expect(replaceFile(path, parts())).rejects.toThrow(
    /a\.txt: cannot be written \(ENOSPC\); the disk is full, free some space/,
  );
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

test('a folder that is not there is named with what to do', async () => {
  await expect(replaceFile(join(folder, 'none', 'a'), [])).rejects.toThrow(
    /its folder does not exist, create it/,
  );
});
