// Small JSON files in the cache folder: what was learned about this machine.
import { dirname } from 'node:path';
import { makeCacheFolder } from '../../../system/cache-folder.ts';
import { readRegularFileIfAny, replaceFile } from '../../../system/files.ts';

/**
 * What a file holds.
 * @returns undefined if there is no such file
 * @throws Error if it cannot be read or is no JSON
 */
export async function readRecord(path: string): Promise<unknown> {
  const bytes = await readRegularFileIfAny(path);
  return bytes && JSON.parse(bytes.toString());
}

/** Replaces a file, atomically. @throws Error if the folder cannot be written */
export async function writeRecord(path: string, value: unknown): Promise<void> {
  await makeCacheFolder(dirname(path));
  await replaceFile(path, [Buffer.from(JSON.stringify(value, null, 1))]);
}
