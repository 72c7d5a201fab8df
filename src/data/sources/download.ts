// Downloads one file: from several mirrors, resumed after a lost connection, renamed only when its MD5 is right.
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { makeCacheFolder } from '../../system/cache-folder.ts';
import { withLock } from '../../system/lock.ts';

/** A published file: its name, size and MD5. */
export interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  readonly md5: string;
}

export interface Progress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

export interface DownloadOptions {
  /** URLs of folders, each ending with `/`, tried in order. */
  readonly mirrors: readonly string[];
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Time without data after which a mirror is given up (default: 30,000). */
  readonly stallMilliseconds?: number | undefined;
}

/** Maximum number of lost connections of one mirror, if it sent more data each time. */
const MAX_CUTS = 10;

const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
const REPLACE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
/** Does not wait for a reader if the file is a FIFO. */
const DO_NOT_WAIT = constants.O_NONBLOCK ?? 0;

/** A fault of this machine: other mirrors cannot help. */
class LocalFault extends DataError {}
/** The URL has another file. */
class WrongFile extends DataError {}

/**
 * Downloads a file to `path` from the first mirror that has the right one. Data is written to `*.part`, which is resumed after
 * a lost connection or by the next process, and renamed when its MD5 is right. A file with a wrong MD5 is kept as `*.wrong-md5`
 * and not used. Of several processes, one downloads and the others wait.
 * @throws DataError if no mirror has the file (with the error of each, and how to get it by hand), or there is no space for it
 */
export async function download(file: PublishedFile, path: string, options: DownloadOptions): Promise<void> {
  await makeCacheFolder(dirname(path)).catch((error: Error) => {
    throw new DataError(
      `cannot make the folder ${dirname(path)} (${error.message}); set FOVEA_CACHE to another.`,
    );
  });
  if (existsSync(path)) return;
  const reportOther = async () => reportProgress(file, await sizeOf(partialPath(path)), options);
  await withLock(
    `${path}.lock`,
    async () => {
      if (!existsSync(path)) await downloadFromAny(file, path, options);
    },
    reportOther,
  );
}

function partialPath(path: string): string {
  return `${path}.part`;
}

async function downloadFromAny(file: PublishedFile, path: string, options: DownloadOptions): Promise<void> {
  await checkRoom(file, path);
  const failures: string[] = [];
  for (const mirror of options.mirrors) {
    try {
      return await downloadFrom(mirror + file.name, file, path, options);
    } catch (error) {
      if (error instanceof LocalFault) throw error;
      failures.push(`  ${mirror}${file.name}: ${reasonOf(error)}`);
    }
  }
  throw new DataError(
    `cannot download ${file.name}. Tried:\n${failures.join('\n')}\n` +
      `Get the file (MD5 ${file.md5}) by other means and put it into ${dirname(path)}, or into the folder ` +
      'FOVEA_DATA.',
  );
}

async function checkRoom(file: PublishedFile, path: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const needed = file.bytes - (await sizeOf(partialPath(path)));
  if (bavail * bsize < needed)
    throw noRoom(file, path, `${bavail * bsize} bytes are free, ${needed} are needed`);
}

function noRoom(file: PublishedFile, path: string, why: string): LocalFault {
  return new LocalFault(
    `there is no space for ${file.name} in ${dirname(path)} (${why}); free some, or set FOVEA_CACHE to a folder on ` +
      'another disk. The partial download is kept and will be resumed.',
  );
}

async function downloadFrom(
  url: string,
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const part = partialPath(path);
  const found = await sizeOf(part);
  if (found > file.bytes) await rm(part);
  await fetchAll(url, file, path, options);
  const md5 = await md5Of(part);
  if (md5 === file.md5) return rename(part, path);
  if (found > 0) {
    // The part from before may belong to another file: download again from the start.
    await rm(part);
    return downloadFrom(url, file, path, options);
  }
  const aside = `${path}.wrong-md5`;
  await rename(part, aside);
  throw new DataError(`MD5 is ${md5}, expected ${file.md5}; kept as ${basename(aside)}, not used`);
}

/** Fetches until the part is complete, resuming after lost connections as long as each one sent some data. */
async function fetchAll(
  url: string,
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  for (let cuts = 0; ; cuts++) {
    const before = await sizeOf(partialPath(path));
    if (before === file.bytes) return;
    try {
      await fetchRest(url, before, file, path, options);
    } catch (error) {
      if (error instanceof WrongFile) await rm(partialPath(path), { force: true });
      const after = await sizeOf(partialPath(path));
      if (error instanceof DataError || after <= before || cuts === MAX_CUTS) throw error;
    }
  }
}

/** Appends data from `start` on to the part; gives up if the mirror stalls or sends more than the size of the file. */
async function fetchRest(
  url: string,
  start: number,
  file: PublishedFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { stallMilliseconds = 30_000 } = options;
  const aborter = new AbortController();
  const stalled = () => aborter.abort(new DataError(`no data for ${stallMilliseconds / 1000} s`));
  const timer = setTimeout(stalled, stallMilliseconds);
  try {
    const { body, from } = await request(url, start, file, aborter.signal);
    const target = await open(partialPath(path), (from > 0 ? APPEND : REPLACE) | DO_NOT_WAIT);
    let done = from;
    try {
      for await (const chunk of body) {
        timer.refresh();
        done += chunk.length;
        if (done > file.bytes) throw new WrongFile(`sends more than the ${file.bytes} bytes of the file`);
        await write(target, chunk, file, path);
        reportProgress(file, done, options);
      }
    } finally {
      await target.close();
    }
    if (done < file.bytes) throw new Error(`ended after ${done} of ${file.bytes} bytes`);
  } finally {
    clearTimeout(timer);
    aborter.abort();
  }
}

/** The data of a URL, from `start` on if the server supports it, else from 0. */
async function request(
  url: string,
  start: number,
  file: PublishedFile,
  signal: AbortSignal,
): Promise<{ body: AsyncIterable<Uint8Array>; from: number }> {
  const response = await fetch(url, { signal, headers: start > 0 ? { range: `bytes=${start}-` } : {} });
  if (!response.ok || response.body === null) {
    throw new DataError(`answered ${response.status} ${response.statusText}`);
  }
  const isRest = response.headers.get('content-range')?.startsWith(`bytes ${start}-`) ?? false;
  const from = response.status === 206 && isRest ? start : 0;
  const length = response.headers.get('content-length');
  if (length !== null && from + Number(length) !== file.bytes) {
    throw new WrongFile(`offers ${from + Number(length)} bytes, expected ${file.bytes}`);
  }
  return { body: response.body as AsyncIterable<Uint8Array>, from };
}

async function write(
  target: FileHandle,
  chunk: Uint8Array,
  file: PublishedFile,
  path: string,
): Promise<void> {
  await target.writeFile(chunk).catch((error: NodeJS.ErrnoException) => {
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    throw isFull ? noRoom(file, path, 'the disk is full') : new LocalFault(error.message, { cause: error });
  });
}

function reportProgress(file: PublishedFile, done: number, { onProgress }: DownloadOptions): void {
  onProgress?.({ file: file.name, done, total: file.bytes });
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** 0 if there is no such file. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The message with its cause (no such host, refused), as `fetch failed` alone says little. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const code = (cause as NodeJS.ErrnoException).code;
  return `${message} (${cause.message || code || cause.name})`;
}
