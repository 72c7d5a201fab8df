import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

test('the cache is where the platform keeps caches', () => {
  expect(cacheFolder({ FOVEA_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/c');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'fovea'));
  expect(cacheFolder({}, 'linux')).toMatch(/[\\/]\.cache[\\/]fovea$/);
  expect(cacheFolder({}, 'darwin')).toMatch(/Library[\\/]Caches[\\/]fovea$/);
  expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'fovea'));
});
