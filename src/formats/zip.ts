// Zip archives, read in place and on demand. No entry is ever written to disk, and names of entries are only compared.
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { DataError } from '../base/errors.ts';
import { MAX_TENSORS, memoryLimit } from './limits.ts';
import { type Bytes, memoryBytes, type Source, subrange } from './source.ts';

const MAX_ENTRIES = 2 * MAX_TENSORS;
const STORED = 0;
const DEFLATED = 8;
/** Deflate expands one byte to at most 1032. */
const MAX_RATIO = 1032;
/** Maximum content of a compressed entry, which is held in memory; others are read on demand. */
const MAX_INFLATED = 2 ** 30;

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

/**
 * The entries of an archive by name, without folders.
 * @throws DataError if it is damaged, encrypted, has a name twice, or impossible sizes
 */
export async function readArchive(source: Source): Promise<Map<string, Bytes>> {
  const fault = (what: string, cause?: unknown) => new DataError(`${source.name}: ${what}`, { cause });
  const entries = new Map<string, Bytes>();
  let size = 0;
  try {
    const zip = await fromRandomAccessReaderPromise(new SourceReader(source), source.size, {
      autoClose: false,
    });
    if (zip.entryCount > MAX_ENTRIES) {
      throw fault(`is an archive of ${zip.entryCount} entries; expected at most ${MAX_ENTRIES}.`);
    }
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (entries.has(name)) throw fault(`is an archive with two entries called "${name}".`);
      const problem = problemOf(entry, source.size);
      if (problem) throw fault(`the entry "${name}" of its archive ${problem}.`);
      size += entry.uncompressedSize;
      if (size > memoryLimit(source.size)) throw fault(`is an archive of ${size} bytes in ${source.size}.`);
      if (!name.endsWith('/')) entries.set(name, bytesOfEntry(zip, entry, source));
    }
    return entries;
  } catch (error) {
    if (error instanceof DataError) throw error;
    const { message } = error as Error;
    throw fault(`is a damaged zip archive (${message}); copy or download the file again.`, error);
  }
}

class SourceReader extends RandomAccessReader {
  private readonly source: Source;

  constructor(source: Source) {
    super();
    this.source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const done = (bytes: Uint8Array) => {
      buffer.set(bytes, offset);
      callback(null);
    };
    this.source.read(position, length).then(done, callback);
  }
}

function problemOf(entry: Entry, fileSize: number): string | undefined {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted()) return 'is encrypted; write it without a password';
  if (method !== STORED && method !== DEFLATED) {
    return `is compressed by method ${method}; expected none (0) or deflate (8)`;
  }
  if (compressedSize > fileSize || uncompressedSize > compressedSize * MAX_RATIO) {
    return `says that ${compressedSize} bytes make ${uncompressedSize}, in a file of ${fileSize}`;
  }
  if (method === DEFLATED && uncompressedSize > MAX_INFLATED) {
    return `makes ${uncompressedSize} bytes of compressed ones; expected at most ${MAX_INFLATED}, write it without compression`;
  }
  return undefined;
}

function bytesOfEntry(zip: ZipFile, entry: Entry, source: Source): Bytes {
  const name = `${source.name}: "${entry.fileName}"`;
  // Many tensors can share an entry, which is inflated once.
  let content: Promise<Bytes> | undefined;
  const read = async (start: number, length: number) => {
    content ??= contentOf(zip, entry, source, name);
    return (await content).read(start, length);
  };
  return { size: entry.uncompressedSize, read };
}

async function contentOf(zip: ZipFile, entry: Entry, source: Source, name: string): Promise<Bytes> {
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const packed = subrange(source, fileDataStart, entry.compressedSize, name);
    return entry.compressionMethod === STORED ? packed : memoryBytes(await inflateAll(packed, entry), name);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const { message } = error as Error;
    throw new DataError(`${name} is damaged (${message}); copy or download the file again.`, {
      cause: error,
    });
  }
}

async function inflateAll(packed: Bytes, entry: Entry): Promise<Uint8Array> {
  // One byte more than declared, to detect longer content.
  const limit = { maxOutputLength: entry.uncompressedSize + 1 };
  const content = await inflate(await packed.read(0, packed.size), limit);
  if (content.length !== entry.uncompressedSize) {
    throw new Error(`it has ${content.length} bytes instead of ${entry.uncompressedSize}`);
  }
  if (crc32(content) !== entry.crc32) throw new Error('its checksum is wrong');
  return content;
}
