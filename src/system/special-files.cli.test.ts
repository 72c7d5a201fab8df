// FIFOs, devices and folders in place of regular files.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { readRegularFile, readRegularFileSync, replaceFile } from './files.ts';
import { tryLock } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

testIf(process.platform !== 'win32', 'Windows has no FIFOs')(
  'FIFOs, devices and folders are refused at once',
  async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await symlink('/dev/zero', join(folder, 'zero'));
    for (const name of ['fifo', 'zero']) {
      const message = /cannot be read \(not a regular file\); it is a FIFO, socket or device, give the path/;
      await expect(readRegularFile(join(folder, name))).rejects.toThrow(message);
      expect(() => readRegularFileSync(join(folder, name))).toThrow(message);
    }
    await expect(readRegularFile(folder)).rejects.toThrow(/cannot be read \(EISDIR\); it is a folder/);
  },
);

testIf(process.platform !== 'win32', 'Windows has no FIFOs')(
  'a FIFO is replaced by a file that is written in its place, and is not a lock',
  async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(tryLock(fifo)).rejects.toThrow(/fifo: cannot be read \(not a regular file\)/);
    await replaceFile(fifo, [Buffer.of(1, 2)]);
    expect(await readRegularFile(fifo)).toEqual(Buffer.of(1, 2));
  },
);
