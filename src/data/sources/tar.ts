// Reads files out of a tar archive (POSIX ustar), plain or gzipped, without unpacking it to disk.
import { DataError } from '../../base/errors.ts';
import { readChunks } from './chunks.ts';

const BLOCK = 512;
const MAX_FILE = 2 ** 31;
const REGULAR_FILES: readonly string[] = ['0', '\0'];

/**
 * The files of an archive that are wanted, by their names in it.
 * @param isWanted asked for each name, folders included: `folder/file`
 * @throws DataError if the archive cannot be read, is damaged or cut short
 */
export async function readTar(
  path: string,
  isWanted: (name: string) => boolean,
): Promise<Map<string, Uint8Array>> {
  const reader = new TarReader(path, isWanted);
  await readChunks(path, (piece) => reader.read(piece));
  return reader.end();
}

/** Takes an archive in pieces. */
class TarReader {
  private readonly path: string;
  private readonly isWanted: (name: string) => boolean;
  private readonly files = new Map<string, Uint8Array>();
  private readonly header = Buffer.alloc(BLOCK);
  private headerLength = 0;
  /** Of the file that is being read: where its bytes go, if it is wanted, how many have come, and how many there are. */
  private target: Uint8Array | undefined;
  private done = 0;
  private size = 0;
  /** Bytes up to the next header that belong to no file. */
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
    throw new DataError(`${this.path}: is cut short; fetch the archive again.`);
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
      if (this.header.some((byte) => byte !== 0)) this.begin(); // Empty blocks fill up the end.
    }
    return length;
  }

  private begin(): void {
    const { header } = this;
    this.size = Number.parseInt(text(header, 124, 12), 8);
    if (!(this.size >= 0 && this.size <= MAX_FILE) || !isIntact(header)) {
      throw new DataError(`${this.path}: is no tar archive, or a damaged one; fetch it again.`);
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

/** Whether the header has the sum of its bytes, its own field read as spaces. */
function isIntact(header: Buffer): boolean {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum === Number.parseInt(text(header, 148, 8), 8);
}
