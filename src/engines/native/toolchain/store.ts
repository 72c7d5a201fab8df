// The disk cache of compiled files. A file's name holds the key of what it was made from and the checksum of what is in
// it, so that one rename publishes both, and a damaged file gives itself away. The checksum is not a signature: code is
// loaded only from where nobody else could have put it.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { cacheFolder, makeCacheFolder } from '../../../system/cache-folder.ts';
import { isTemporaryName, readRegularFile, replaceFileBy } from '../../../system/files.ts';
import { distrustOfFolder, isTrustedFile, resolveLinks } from '../../../system/trust.ts';

/** Bytes that the cache may take on disk. */
export const CACHE_LIMIT = 500e6;

/** Share of the limit that is left after a clearing, so that not every build clears. */
const KEPT_SHARE = 0.8;
const ABANDONED_AFTER = 3600e3;
const KEY_LENGTH = 40;
const STORED = /^[0-9a-f]{40}-[0-9a-f]{24}\.(o|so|dylib|c)$/;

export type Notify = (line: string) => void;

/** The folder for compiled code in the user's cache. */
export function nativeCacheFolder(): string {
  return join(cacheFolder(), 'native');
}

/** A key for what was made from `parts`. */
export function keyOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, KEY_LENGTH);
}

/** One process's view of a cache folder. */
export class Store {
  private readonly folder: string;
  private readonly notify: Notify;
  private readonly paths = new Map<string, string>();

  private constructor(folder: string, notify: Notify) {
    this.folder = folder;
    this.notify = notify;
  }

  /**
   * Reads what the folder holds; the folder need not exist. Where others could have put code into it, a temporary folder
   * takes its place.
   */
  static async open(folder: string, notify: Notify): Promise<Store> {
    const store = new Store(await trustedFolder(folder, notify), notify);
    for (const place of [store.folder, standIns.get(store.folder)]) {
      if (place !== undefined) await store.list(place);
    }
    return store;
  }

  private async list(folder: string): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
      // Thousands: neither are other names left out here, which no key has, nor is the path put together by `join`.
      this.paths.set(name.slice(0, KEY_LENGTH), `${folder}${sep}${name}`);
    }
  }

  /** Path of the file under a key, if it is there, whole and this user's own; any other file is removed. */
  async find(key: string): Promise<string | undefined> {
    const path = this.paths.get(key);
    if (path === undefined) return undefined;
    const checksum = (await isTrustedFile(path)) ? await checksumOf(path).catch(() => undefined) : undefined;
    if (checksum !== undefined && path.includes(`-${checksum}.`)) {
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return path;
    }
    this.paths.delete(key);
    await rm(path, { force: true }).catch(() => {});
    return undefined;
  }

  /** Keeps a copy of the file at `made` and gives its path. */
  async keep(key: string, made: string, extension: string): Promise<string> {
    const name = `${key}-${await checksumOf(made)}${extension}`;
    const path = await this.publish(made, name);
    this.paths.set(key, path);
    return path;
  }

  private async publish(made: string, name: string): Promise<string> {
    const standIn = standIns.get(this.folder);
    if (standIn) return place(made, standIn, name);
    try {
      return await place(made, this.folder, name);
    } catch (error) {
      const noticed = standIns.has(this.folder);
      const folder = standInFor(this.folder);
      if (!noticed) {
        this.notify(
          `cannot write to ${this.folder} (${(error as Error).message}); compiled code is kept until exit in ${folder}. ` +
            'Set FOVEA_CACHE to a writable folder to keep it longer.',
        );
      }
      return place(made, folder, name);
    }
  }

  /** Removes what was not used for longest until the folder is within its limit, and what crashed processes left. */
  async clear(limit = CACHE_LIMIT): Promise<void> {
    const entries = await this.entries();
    let total = entries.reduce((sum, { size }) => sum + size, 0);
    if (total <= limit) return;
    for (const { path, size } of entries.sort((a, b) => a.used - b.used)) {
      if (total <= limit * KEPT_SHARE) break;
      await rm(path, { force: true }).catch(() => {});
      total -= size;
    }
  }

  private async entries(): Promise<{ path: string; size: number; used: number }[]> {
    const entries: { path: string; size: number; used: number }[] = [];
    for (const name of await readdir(this.folder).catch(() => [])) {
      const path = join(this.folder, name);
      const facts = await stat(path).catch(() => undefined);
      if (!facts) continue;
      if (STORED.test(name)) entries.push({ path, size: facts.size, used: facts.mtimeMs });
      if (isTemporaryName(name) && Date.now() - facts.mtimeMs > ABANDONED_AFTER)
        await rm(path, { force: true });
    }
    return entries;
  }
}

async function checksumOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readRegularFile(path))
    .digest('hex')
    .slice(0, 24);
}

/** The folder itself, or the temporary one that this process uses because others could have put code into it. */
async function trustedFolder(folder: string, notify: Notify): Promise<string> {
  const path = await resolveLinks(folder);
  const reason = await distrustOfFolder(path);
  if (reason === undefined) return path;
  const noticed = standIns.has(folder);
  const standIn = standInFor(folder);
  if (!noticed) {
    notify(
      `compiled code is not loaded from ${folder}, because ${reason}; set FOVEA_CACHE to a folder that only you can ` +
        `write. Until exit it is kept in ${standIn}.`,
    );
  }
  return standIn;
}

async function makePrivateFolder(folder: string): Promise<void> {
  await makeCacheFolder(dirname(folder));
  await mkdir(folder, { mode: PRIVATE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Only its owner may read, write and enter. */
const PRIVATE = 0o700;

/** Copies a file into a folder atomically. */
async function place(made: string, folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await makePrivateFolder(folder);
  await replaceFileBy(path, async (temporary) => {
    await copyFile(made, temporary);
    await chmod(temporary, PRIVATE);
  });
  return path;
}

/** Folders of this process that stand in for cache folders that cannot be written. */
const standIns = new Map<string, string>();

/** A temporary folder that this process uses in the place of `folder` from now on. */
export function standInFor(folder: string): string {
  const known = standIns.get(folder);
  if (known) return known;
  const standIn = mkdtempSync(join(tmpdir(), 'fovea-native-'));
  standIns.set(folder, standIn);
  process.once('exit', () => rmSync(standIn, { recursive: true, force: true }));
  return standIn;
}
