// Large files read piece by piece, unzipped on the way.
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { openRegularFile } from '../../system/files.ts';

const PIECE = 2 ** 20;

/**
 * Gives the bytes of a file to `read`, in order; those of a gzipped one (`.gz`, `.tgz`) unzipped.
 * @throws DataError if it cannot be read, or its gzip data are damaged; and what `read` throws
 */
export async function readChunks(path: string, read: (piece: Buffer) => void): Promise<void> {
  const { handle } = await openRegularFile(path);
  const file = handle.createReadStream({ highWaterMark: PIECE }); // Closes the handle at its end.
  const collect = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) read(piece);
  };
  try {
    if (/\.t?gz$/.test(path)) await pipeline(file, createGunzip({ chunkSize: PIECE }), collect);
    else await pipeline(file, collect);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${path}: cannot be read (${(error as Error).message}); fetch the file again.`, {
      cause: error,
    });
  }
}
