// Where Fovea keeps downloads and compiled code.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cache folder: `FOVEA_CACHE`, or the platform's folder for caches (XDG on Linux). It may not exist yet.
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

/** Everybody may read, only the owner may write. */
const OWNER_WRITES = 0o755;

/**
 * Makes a folder in the cache and its parents. Group and others may not write, whatever the umask: compiled code is not
 * loaded from below a folder that others can write.
 */
export async function makeCacheFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: OWNER_WRITES });
}
