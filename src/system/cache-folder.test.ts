import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { cacheFolder, makeCacheFolder } from './cache-folder.ts';

test('the cache is where the platform keeps caches', () => {
  expect(cacheFolder({ FOVEA_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/c');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'fovea'));
  expect(cacheFolder({}, 'linux')).toMatch(/[\\/]\.cache[\\/]fovea$/);
  expect(cacheFolder({}, 'darwin')).toMatch(/Library[\\/]Caches[\\/]fovea$/);
  expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'fovea'));
});

testIf(process.platform !== 'win32', 'Windows has no umask')(
  'a new folder and those above it are writable by their owner alone, whatever the umask',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fovea-cache-'));
    const umask = process.umask(0o002);
    try {
      await makeCacheFolder(join(folder, 'fovea', 'native'));
      for (const made of ['fovea', 'fovea/native']) {
        expect((await stat(join(folder, made))).mode & 0o777).toBe(0o755);
      }
    } finally {
      process.umask(umask);
      await rm(folder, { recursive: true });
    }
  },
);
