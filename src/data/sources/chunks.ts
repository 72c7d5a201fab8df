// Reads large files in chunks, decompressing gzip.
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { openRegularFile } from '../../system/files.ts';

const CHUNK_BYTES = 2 ** 20;

/**
 * Calls `read` with the bytes of a file, in order; gzipped files (`.gz`, `.tgz`) are decompressed.
 * @throws DataError if the file cannot be read, or its gzip data is damaged; and what `read` throws
 */
export async function readChunks(path: string, read: (chunk: Buffer) => void): Promise<void> {
  const { handle } = await openRegularFile(path);
  const file = handle.createReadStream({ highWaterMark: CHUNK_BYTES }); // Closes the handle at its end.
  const collect = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) read(chunk);
  };
  try {
    if (/\.t?gz$/.test(path)) await pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), collect);
    else await pipeline(file, collect);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${path}: cannot be read (${(error as Error).message}); fetch the file again.`, {
      cause: error,
    });
  }
}
