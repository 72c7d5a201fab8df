// One process at a time: a lock file that says who holds it.
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from '../tensor/errors.ts';

/** A holder says that it lives three times in this time. */
const STALE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 100;

/**
 * Runs `work` while no other process does so under the same path. A lock whose process has died is taken over.
 * @throws DataError if the lock cannot be written
 * @param path of the lock file, in a folder that exists
 * @param onWait called again and again while another process holds it
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait: () => unknown = () => {},
): Promise<T> {
  while (!(await take(path))) {
    await onWait();
    await sleep(POLL_MILLISECONDS);
  }
  const alive = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // Taken over by another: the work goes on, as nothing else can be done.
  }, STALE_MILLISECONDS / 3);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`${process.pid} ${hostname()}`);
    await file.close();
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new DataError(`${path}: cannot be written (${message}); check the folder.`);
    if (await isStale(path)) await rm(path, { force: true });
    return false;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MILLISECONDS) return true;
    const [pid, host] = (await readFile(path, 'utf8')).split(' ');
    return host === hostname() && !isRunning(Number(pid));
  } catch {
    return false; // It has just been given up.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
