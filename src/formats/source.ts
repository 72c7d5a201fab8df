// Sources of the bytes of a weight file: a file on disk, read on demand, or memory.
import type { FileHandle } from 'node:fs/promises';
import { DataError } from '../base/errors.ts';
import { openRegularFile, readError } from '../system/files.ts';

/** Bytes with random access. */
export interface Bytes {
  readonly size: number;
  /**
   * @throws DataError if the bytes from `start` on are fewer than `length`
   */
  read(start: number, length: number): Promise<Uint8Array>;
}

/** The bytes of one file. */
export interface Source extends Bytes {
  /** What messages call the file. */
  readonly name: string;
  close(): Promise<void>;
}

// One read call handles less than 2 GiB.
const MAX_CHUNK = 2 ** 30;
/** Small reads are served from a block of the file, as tens of thousands of tensors may have a few bytes each. */
const BLOCK_BYTES = 2 ** 18;
const SMALL_BYTES = 2 ** 14;

/**
 * Opens a file.
 * @throws DataError if it cannot be read
 */
export async function openSource(path: string): Promise<Source> {
  const { handle, size } = await openRegularFile(path);
  return new FileSource(path, size, handle);
}

/** A file in memory. */
export function memorySource(bytes: Uint8Array, name: string): Source {
  const { size, read } = memoryBytes(bytes, name);
  return { name, size, read, close: async () => {} };
}

/** Bytes in memory; reads return views of them. */
export function memoryBytes(bytes: Uint8Array, name: string): Bytes {
  return {
    size: bytes.length,
    async read(start, length) {
      checkRange(name, bytes.length, start, length);
      return bytes.subarray(start, start + length);
    },
  };
}

/**
 * A range of other bytes.
 * @param name what messages call it
 * @throws DataError if they end before the range does
 */
export function subrange(source: Bytes, start: number, size: number, name: string): Bytes {
  checkRange(name, source.size, start, size);
  const read = (from: number, length: number) => {
    checkRange(name, size, from, length);
    return source.read(start + from, length);
  };
  return { size, read };
}

class FileSource implements Source {
  readonly name: string;
  readonly size: number;
  private readonly file: FileHandle;
  private block: { readonly start: number; readonly bytes: Uint8Array } = {
    start: 0,
    bytes: new Uint8Array(0),
  };

  constructor(name: string, size: number, file: FileHandle) {
    this.name = name;
    this.size = size;
    this.file = file;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    checkRange(this.name, this.size, start, length);
    return length <= SMALL_BYTES ? this.readSmall(start, length) : this.readWhole(start, length);
  }

  private async readSmall(start: number, length: number): Promise<Uint8Array> {
    let { block } = this;
    if (start < block.start || start + length > block.start + block.bytes.length) {
      block = { start, bytes: await this.readWhole(start, Math.min(BLOCK_BYTES, this.size - start)) };
      this.block = block;
    }
    return block.bytes.slice(start - block.start, start - block.start + length);
  }

  private async readWhole(start: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const read = await this.readChunk(bytes, at, Math.min(length - at, MAX_CHUNK), start + at);
      if (read === 0) throw new DataError(`${this.name}: became shorter while it was read; read it again.`);
      at += read;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async readChunk(bytes: Uint8Array, at: number, length: number, position: number): Promise<number> {
    try {
      return (await this.file.read(bytes, at, length, position)).bytesRead;
    } catch (error) {
      throw readError(this.name, error as NodeJS.ErrnoException);
    }
  }
}

function checkRange(name: string, size: number, start: number, length: number): void {
  if (start >= 0 && length >= 0 && start + length <= size) return;
  throw new DataError(
    `${name}: is truncated or damaged: expected ${length} bytes at byte ${start}, but it has only ${size}; copy or ` +
      'download the file again.',
  );
}
