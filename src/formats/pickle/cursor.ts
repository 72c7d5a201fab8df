// Reads the arguments of a pickle's instructions.
import { PickleEnd, PickleFault } from './fault.ts';

const MAX_LINE = 256;
/** Longest string that all JavaScript engines support. */
const MAX_TEXT = 2 ** 29 - 25;
const NEWLINE = 10;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A position in bytes that advances with every read. Numbers are little-endian unless the name says otherwise. */
export class Cursor {
  at = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  float64BigEndian(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** An integer in two's complement; a bigint if a number would not be exact. */
  integer(length: number): number | bigint {
    if (length === 0) return 0;
    const digits = Buffer.from(this.take(length)).reverse().toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** Text in UTF-8. */
  text(length: number): string {
    const bytes = this.take(length);
    if (length > MAX_TEXT)
      throw new PickleFault(`has a string of ${length} bytes; expected at most ${MAX_TEXT}`);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new PickleFault('has a string that is not UTF-8');
    }
  }

  /** Bytes as the text of a Python 2 string. */
  latin1(length: number): string {
    const { buffer, byteOffset, byteLength } = this.take(length);
    if (length > MAX_TEXT)
      throw new PickleFault(`has a string of ${length} bytes; expected at most ${MAX_TEXT}`);
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
  }

  /** Text up to the end of the line, which is skipped. */
  line(): string {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    if (end === -1 && this.bytes.length - this.at <= MAX_LINE) throw new PickleEnd('ends inside a name');
    if (end === -1 || end - this.at > MAX_LINE) {
      throw new PickleFault(`has a name of more than ${MAX_LINE} characters`);
    }
    const line = this.text(end - this.at);
    this.at++;
    return line;
  }

  private advance(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) {
      throw new PickleEnd(`expects ${length} more bytes, but ${this.bytes.length - start} are left`);
    }
    this.at += length;
    return start;
  }
}
