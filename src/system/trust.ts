// Whether files may be run as code: only if nobody but this user (or root) could have written them.
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** A path without symbolic links, as far as it exists. */
export async function resolveLinks(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || path === dirname(path)) return real ?? path;
  return join(await resolveLinks(dirname(path)), basename(path));
}

/**
 * Why code from a folder must not be run; undefined if it may. The folder, if it exists, must belong to this user and be
 * writable by nobody else. Its parents must belong to this user or root and be writable by nobody else, unless they are
 * sticky like /tmp: whoever can rename a folder can replace it.
 * @param path without symbolic links, see `resolveLinks`
 * @returns for example `/var/cache is writable by other users (chmod go-w /var/cache changes that)`
 */
export async function distrustOfFolder(path: string): Promise<string | undefined> {
  const user = process.getuid?.();
  if (user === undefined) return undefined; // Windows: folders of users are private by default.
  const stats = await lstat(path).catch(() => undefined);
  if (stats && stats.uid !== user) return ownedByOthers(path, stats.uid);
  if (stats && stats.mode & OTHERS_WRITE) return writableByOthers(path);
  return distrustOfParents(dirname(path), user);
}

async function distrustOfParents(path: string, user: number): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats && stats.uid !== user && stats.uid !== 0) return ownedByOthers(path, stats.uid);
  if (stats && stats.mode & OTHERS_WRITE && !(stats.mode & STICKY)) return writableByOthers(path);
  return path === dirname(path) ? undefined : distrustOfParents(dirname(path), user);
}

function ownedByOthers(path: string, uid: number): string {
  return `${path} belongs to another user (uid ${uid})`;
}

function writableByOthers(path: string): string {
  return `${path} is writable by other users (chmod go-w ${path} changes that)`;
}

/** Whether a file in a trusted folder is a regular file of this user's that nobody else can write. */
export async function isTrustedFile(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats?.isFile()) return false;
  const user = process.getuid?.();
  return user === undefined || (stats.uid === user && (stats.mode & OTHERS_WRITE) === 0);
}
