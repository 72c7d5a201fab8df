// Where Fovea keeps downloads and compiled code.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cache folder: `FOVEA_CACHE`, else the place that the platform has for caches (XDG on Linux). It may not exist.
 */
export function cacheFolder(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.FOVEA_CACHE) return env.FOVEA_CACHE;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'fovea');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'fovea');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fovea');
}

/** Readable by all, writable by its owner alone. */
const OWNER_WRITES = 0o755;

/**
 * Makes a folder in the cache and those above it. Where the umask lets a group write, theirs is narrower: compiled code is
 * not loaded from below a folder that others can write.
 */
export async function makeCacheFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: OWNER_WRITES });
}
