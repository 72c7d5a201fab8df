// Mutual exclusion of processes: a lock file that names its holder.
import { type FileHandle, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRegularFileIfAny, writeError } from './files.ts';

/** A holder renews its lock three times in this time. */
const STALE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;

/** Releases a lock. */
export type Release = () => Promise<void>;

/**
 * Runs `work` while holding a lock. A lock whose process has died is taken over.
 * @throws DataError if the lock cannot be written
 * @param path of the lock file, in a folder that exists
 * @param onWait called repeatedly while another process holds it
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: () => unknown = () => {},
): Promise<T> {
  let release = await tryLock(path);
  while (!release) {
    await onWait();
    await sleep(POLL_MILLISECONDS);
    release = await tryLock(path);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Acquires a lock. A lock whose process has died is taken over.
 * @param path of the lock file, in a folder that exists
 * @returns the function that releases it; undefined if another process holds it
 * @throws DataError if the lock cannot be written, or what is in its place cannot be read
 */
export async function tryLock(path: string): Promise<Release | undefined> {
  if (!(await create(path))) {
    if (!(await isStale(path))) return undefined;
    await rm(path, { force: true });
    if (!(await create(path))) return undefined;
  }
  const alive = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // Another process has taken it over; the work continues.
  }, STALE_MILLISECONDS / 3);
  alive.unref();
  return async () => {
    clearInterval(alive);
    await rm(path, { force: true }).catch(() => {}); // A remaining file is taken over once this process has ended.
  };
}

/** Who holds a lock: `process 123 on host`. */
export async function describeHolder(path: string): Promise<string> {
  const holder = await readHolder(path).catch(() => undefined);
  if (!holder?.pid) return 'another process';
  return `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
}

/** Whether the file was created; false if it existed. */
async function create(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    await file.writeFile(`${process.pid} ${hostname()} ${await startTime(process.pid)}`);
    return true;
  } catch (error) {
    if (file) await rm(path, { force: true });
    else if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw writeError(path, error as NodeJS.ErrnoException);
  } finally {
    await file?.close();
  }
}

/** Whether the holding process is gone. On another machine: whether it has not renewed the lock in time. */
async function isStale(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  const stats = await stat(path).catch(() => undefined);
  if (!holder || !stats) return false; // It has just been released.
  const { pid, host, start } = holder;
  const isHere = host === hostname();
  if (isHere && !isRunning(pid)) return true;
  if (isHere && start !== '') return start !== (await startTime(pid));
  return Date.now() - stats.mtimeMs > STALE_MILLISECONDS;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly start: string;
}

/** @returns undefined if there is no lock */
async function readHolder(path: string): Promise<Holder | undefined> {
  const content = await readRegularFileIfAny(path);
  if (!content) return undefined;
  const [pid, host = '', start = ''] = content.toString().split(' ');
  return { pid: Number(pid), host, start };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Start of a process in ticks since boot, which distinguishes it from a later one with the same id; empty except on Linux. */
async function startTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return (
    text
      .slice(text.lastIndexOf(')') + 1)
      .trim()
      .split(' ')[19] ?? ''
  );
}
