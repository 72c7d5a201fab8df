// Files on disk: read whole, and replaced whole or not at all.
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../tensor/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { npzParts } from './numpy/npz.ts';
import { readSafetensorsContent, safetensorsParts } from './safetensors.ts';
import { openSource } from './source.ts';
import { readAll, tensorFile } from './tensor-file.ts';

// One write call handles less than 2 GiB.
const MAX_CHUNK = 2 ** 30;

/** The content of a safetensors file. */
export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file.
 * @throws DataError if it cannot be read, or is not what it should be
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const source = await openSource(path);
  try {
    const content = await readSafetensorsContent(source);
    return { tensors: await readAll(tensorFile(source, content)), metadata: content.metadata };
  } finally {
    await source.close();
  }
}

/**
 * Writes a safetensors file; whatever happens, `path` then holds the old content or the new.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await replaceFile(path, safetensorsParts(tensors, metadata));
}

/**
 * Writes an .npz file, which NumPy reads; whatever happens, `path` then holds the old content or the new.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function writeNpz(path: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  await replaceFile(path, npzParts(tensors));
}

/** What is written, piece by piece. */
type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file under another name beside `path`, and moves it there when all of it is on disk.
 * @throws DataError if it cannot be written; a file that was there before is kept
 */
export async function replaceFile(path: string, parts: Parts): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeSynced(temporary, parts);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error instanceof DataError ? error : writeError(path, error as NodeJS.ErrnoException);
  }
}

/** Removes what `replaceFile` has left in a folder where its process was killed. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

/**
 * The bytes of a file.
 * @throws DataError if it cannot be read
 */
export async function readWhole(path: string): Promise<Uint8Array> {
  const source = await openSource(path);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

async function writeSynced(path: string, parts: Parts): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const part of parts) {
      for (let at = 0; at < part.length; ) {
        const { bytesWritten } = await file.write(part, at, Math.min(part.length - at, MAX_CHUNK));
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
  EDQUOT: 'your share of the disk is full, free some space or choose another place',
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
