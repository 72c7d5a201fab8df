// NumPy's archives of arrays: zip files with one .npy entry for each.
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { DataError } from '../../base/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Bytes, Source } from '../source.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { Content, Skipped } from '../tensor-file.ts';
import { npyParts, readArray } from './npy.ts';

const EXTENSION = '.npy';

export function isNpz(entries: ReadonlyMap<string, Bytes>): boolean {
  return entries.size > 0 && [...entries.keys()].every((name) => name.endsWith(EXTENSION));
}

/**
 * The arrays of an archive, by the names of their entries without `.npy`.
 * @throws DataError if one is damaged, or its elements are not numbers
 */
export async function readNpz(source: Source, entries: ReadonlyMap<string, Bytes>): Promise<Content> {
  const tensors = new Map<string, StoredTensor>();
  const skipped: Skipped[] = [];
  for (const [entry, bytes] of entries) {
    const name = entry.slice(0, -EXTENSION.length);
    const place = `${source.name}: "${entry}"`;
    const array = await readArray(bytes, place);
    if ('unreadable' in array) skipped.push({ name, reason: array.unreadable });
    else tensors.set(name, array);
  }
  return { format: 'npz', tensors, metadata: {}, skipped };
}

/**
 * An archive of these tensors in chunks, to be written one after another. It is not compressed, and a function of the tensors
 * alone.
 * @throws DataError if the name of a tensor cannot be one in an archive
 */
export async function* npzParts(tensors: ReadonlyMap<string, Tensor>): AsyncIterable<Uint8Array> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error) => output.destroy(error));
  for (const [name, tensor] of tensors) {
    const parts = npyParts(tensor);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const options = { size, compress: false, mtime: EPOCH, forceDosTimestamp: true };
    try {
      zip.addReadStreamLazy(name + EXTENSION, options, (give) => give(null, Readable.from(parts)));
    } catch (error) {
      throw new DataError(
        `a tensor cannot be called "${name}" in an archive (${(error as Error).message}); rename it.`,
      );
    }
  }
  zip.end();
  yield* output;
}

/** The earliest time that zip files can hold. */
const EPOCH = new Date(1980, 0, 1);
