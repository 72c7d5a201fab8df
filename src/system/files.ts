// Files on disk: regular files opened for reading, and files replaced atomically.
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../base/errors.ts';

// One write call handles less than 2 GiB.
const MAX_CHUNK = 2 ** 30;

// Without O_NONBLOCK, opening a FIFO that nobody writes to would wait forever. Windows has no such flag.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A regular file that is open for reading; the caller closes it. */
export interface RegularFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/**
 * Opens a regular file, or a symbolic link to one. Folders, FIFOs, sockets and devices, which can block
 * forever or never end, are refused before anything is read.
 * @throws DataError that says why it cannot be read
 */
export async function openRegularFile(path: string): Promise<RegularFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, READ_FLAGS);
    const stats = await handle.stat();
    checkRegular(stats);
    return { handle, size: stats.size };
  } catch (error) {
    await handle?.close();
    throw readError(path, error as NodeJS.ErrnoException);
  }
}

export interface ReadOptions {
  /** Largest size in bytes (default: unlimited). */
  readonly maxBytes?: number;
}

/**
 * The bytes of a regular file.
 * @throws DataError if it is not a regular file, is larger than `maxBytes`, or cannot be read
 */
export async function readRegularFile(path: string, { maxBytes }: ReadOptions = {}): Promise<Buffer> {
  const { handle, size } = await openRegularFile(path);
  try {
    checkSize(path, size, maxBytes);
    return await handle.readFile();
  } catch (error) {
    throw readError(path, error as NodeJS.ErrnoException);
  } finally {
    await handle.close();
  }
}

/** `readRegularFile`, or undefined if there is no such file. */
export async function readRegularFileIfAny(path: string, options?: ReadOptions): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, options);
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A descriptor of a regular file that is open for reading; the caller closes it. */
export interface RegularFileSync {
  readonly descriptor: number;
  /** Bytes. */
  readonly size: number;
}

/** Synchronous `openRegularFile`: many times faster for short reads of many files. */
export function openRegularFileSync(path: string): RegularFileSync {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, READ_FLAGS);
    const stats = fstatSync(descriptor);
    checkRegular(stats);
    return { descriptor, size: stats.size };
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw readError(path, error as NodeJS.ErrnoException);
  }
}

/** Synchronous `readRegularFile` for worker threads: several times faster for small files. */
export function readRegularFileSync(path: string, { maxBytes }: ReadOptions = {}): Buffer {
  const { descriptor, size } = openRegularFileSync(path);
  try {
    checkSize(path, size, maxBytes);
    return readFileSync(descriptor);
  } catch (error) {
    throw readError(path, error as NodeJS.ErrnoException);
  } finally {
    closeSync(descriptor);
  }
}

interface FileKind {
  isFile(): boolean;
  isDirectory(): boolean;
}

function checkRegular(kind: FileKind): void {
  if (kind.isFile()) return;
  const code = kind.isDirectory() ? 'EISDIR' : NOT_REGULAR;
  throw Object.assign(new Error(code), { code });
}

function checkSize(path: string, size: number, maxBytes = Number.POSITIVE_INFINITY): void {
  if (size <= maxBytes) return;
  throw new DataError(`${path}: has ${size} bytes; the limit for files of this kind is ${maxBytes}.`);
}

const NOT_REGULAR = 'not a regular file';

const readAdvice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file, check the path',
  ENOTDIR: 'a part of its path is not a folder, check the path',
  EISDIR: 'it is a folder, give the path of a file in it',
  EACCES: 'its permissions do not allow it, change them',
  ENXIO: 'it is a FIFO, socket or device, give the path of a file',
  [NOT_REGULAR]: 'it is a FIFO, socket or device, give the path of a file',
};

/** A DataError that says why a file cannot be read, and what to do; a DataError is returned as it is. */
export function readError(path: string, error: NodeJS.ErrnoException): DataError {
  if (error instanceof DataError) return error;
  const advice = readAdvice[error.code ?? ''] ?? 'check the path and its permissions';
  return new DataError(`${path}: cannot be read (${error.code ?? error.message}); ${advice}.`, {
    cause: error,
  });
}

/** The content of a file, in chunks. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Replaces a file atomically: writes a temporary file beside `path`, and renames it when all of it is on disk. At any time
 * `path` holds the old content or the new.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function replaceFile(path: string, chunks: Chunks): Promise<void> {
  try {
    await replaceFileBy(path, (temporary) => writeSynced(temporary, chunks));
  } catch (error) {
    throw error instanceof DataError ? error : writeError(path, error as NodeJS.ErrnoException);
  }
}

/**
 * Replaces a file atomically by one that `write` makes under a temporary name beside it. Throws what `write` throws, and
 * errors of the file system.
 */
export async function replaceFileBy(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Whether a file has the name of a temporary one, which stays if its process is killed. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Removes the temporary files of killed processes from a folder. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(isTemporaryName);
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

async function writeSynced(path: string, chunks: Chunks): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, at, Math.min(chunk.length - at, MAX_CHUNK));
        at += bytesWritten;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

const writeAdvice: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist, create it first',
  ENOTDIR: 'its folder is a file, choose another place',
  EACCES: 'the folder does not allow it, change its permissions or choose another place',
  EPERM: 'the folder does not allow it, change its permissions or choose another place',
  EEXIST: 'a file is in its place, choose another name',
  EROFS: 'the disk is read-only, choose another place',
  ENOSPC: 'the disk is full, free some space or choose another place',
  EDQUOT: 'your disk quota is used up, free some space or choose another place',
  EISDIR: 'it is a folder, choose another name',
};

/** A DataError that says why a file cannot be written, and what to do. */
export function writeError(path: string, error: NodeJS.ErrnoException): DataError {
  const advice = writeAdvice[error.code ?? ''] ?? 'check the path, its permissions and the space left';
  const reason = error.code ?? error.message;
  return new DataError(
    `${path}: cannot be written (${reason}); ${advice}. What was there before is unchanged.`,
    {
      cause: error,
    },
  );
}
