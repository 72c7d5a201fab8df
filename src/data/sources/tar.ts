// Reads files from a tar archive (POSIX ustar), plain or gzipped, without unpacking it to disk.
import { DataError } from '../../base/errors.ts';
import { readChunks } from './chunks.ts';

const BLOCK = 512;
const MAX_FILE = 2 ** 31;
const REGULAR_FILES: readonly string[] = ['0', '\0'];

/**
 * The selected files of an archive, by their names.
 * @param isWanted called with each name, including folders: `folder/file`
 * @throws DataError if the archive cannot be read, is damaged or truncated
 */
export async function readTar(
  path: string,
  isWanted: (name: string) => boolean,
): Promise<Map<string, Uint8Array>> {
  const reader = new TarReader(path, isWanted);
  await readChunks(path, (chunk) => reader.read(chunk));
  return reader.end();
}

/** Reads an archive in chunks. */
class TarReader {
  private readonly path: string;
  private readonly isWanted: (name: string) => boolean;
  private readonly files = new Map<string, Uint8Array>();
  private readonly header = Buffer.alloc(BLOCK);
  private headerLength = 0;
  /** The current file: target of its bytes if it is selected, finished bytes, and total bytes. */
  private target: Uint8Array | undefined;
  private done = 0;
  private size = 0;
  /** Padding bytes up to the next header. */
  private padding = 0;

  constructor(path: string, isWanted: (name: string) => boolean) {
    this.path = path;
    this.isWanted = isWanted;
  }

  read(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.done < this.size) at += this.readContent(piece.subarray(at));
      else if (this.padding > 0) {
        const skipped = Math.min(this.padding, piece.length - at);
        this.padding -= skipped;
        at += skipped;
      } else at += this.readHeader(piece.subarray(at));
    }
  }

  end(): Map<string, Uint8Array> {
    if (this.done === this.size && this.headerLength === 0) return this.files;
    throw new DataError(`${this.path}: is truncated; fetch the archive again.`);
  }

  private readContent(piece: Buffer): number {
    const length = Math.min(this.size - this.done, piece.length);
    this.target?.set(piece.subarray(0, length), this.done);
    this.done += length;
    return length;
  }

  private readHeader(piece: Buffer): number {
    const length = Math.min(BLOCK - this.headerLength, piece.length);
    piece.copy(this.header, this.headerLength, 0, length);
    this.headerLength += length;
    if (this.headerLength === BLOCK) {
      this.headerLength = 0;
      if (this.header.some((byte) => byte !== 0)) this.begin(); // Empty blocks pad the end.
    }
    return length;
  }

  private begin(): void {
    const { header } = this;
    this.size = Number.parseInt(text(header, 124, 12), 8);
    if (!(this.size >= 0 && this.size <= MAX_FILE) || !isIntact(header)) {
      throw new DataError(`${this.path}: is not a tar archive, or is damaged; fetch it again.`);
    }
    const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
    const name = prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
    const isFile = REGULAR_FILES.includes(String.fromCharCode(header[156]));
    this.target = isFile && this.isWanted(name) ? new Uint8Array(this.size) : undefined;
    if (this.target) this.files.set(name, this.target);
    this.done = 0;
    this.padding = (BLOCK - (this.size % BLOCK)) % BLOCK;
  }
}

/** Text up to the first zero. */
function text(header: Buffer, start: number, length: number): string {
  return header
    .toString('utf8', start, start + length)
    .replace(/\0.*$/s, '')
    .trim();
}

/** Whether the checksum of the header is right: the sum of its bytes, with its own field read as spaces. */
function isIntact(header: Buffer): boolean {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum === Number.parseInt(text(header, 148, 8), 8);
}
