// Small JSON files in the cache folder: what was learned about this machine.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What a file holds.
 * @returns nothing if there is no such file
 * @throws Error if it cannot be read or is no JSON
 */
export async function readRecord(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** Replaces a file, so that nobody ever sees half of it. @throws Error if the folder cannot be written */
export async function writeRecord(path: string, value: unknown): Promise<void> {
  const partial = `${path}-${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, JSON.stringify(value, null, 1));
  await rename(partial, path);
}
