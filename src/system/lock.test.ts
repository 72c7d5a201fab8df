import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { NO_PROCESS } from '../../test/processes.ts';
import { describeHolder, tryLock } from './lock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

const longAgo = new Date(Date.now() - 3600e3);

test('a lock is held by one until it is given up', async () => {
  const release = await tryLock(path);
  expect(await tryLock(path)).toBeUndefined();
  expect(await describeHolder(path)).toBe(`process ${process.pid}`);
  await release!();
  expect(await readdir(folder)).toEqual([]);
  expect(await tryLock(path)).toBeDefined();
});

testIf(process.platform === 'linux', 'no /proc: processes are identified on Linux only')(
  'a process that lives keeps its lock, however long it is silent and wherever the clock goes',
  async () => {
    await tryLock(path);
    await utimes(path, longAgo, longAgo);
    expect(await tryLock(path)).toBeUndefined();
  },
);

test('a lock whose process has ended is taken over, also when its number is that of another process now', async () => {
  await writeFile(path, `${NO_PROCESS} ${hostname()} 1`);
  expect(await tryLock(path)).toBeDefined();
  if (process.platform !== 'linux') return;
  await writeFile(path, `${process.pid} ${hostname()} 1`);
  expect(await tryLock(path)).toBeDefined();
});

test('a lock of another machine holds as long as that says that it lives', async () => {
  await writeFile(path, '1 elsewhere 1');
  expect(await tryLock(path)).toBeUndefined();
  expect(await describeHolder(path)).toBe('process 1 on elsewhere');
  await utimes(path, longAgo, longAgo);
  expect(await tryLock(path)).toBeDefined();
});

test('a lock that cannot be written is an error', async () => {
  await expect(tryLock(join(folder, 'nowhere', 'lock'))).rejects.toThrow(
    /lock: cannot be written \(ENOENT\)/,
  );
});
