// Reads protocol buffers field by field, with limits to the work that a file can cause.
// https://protobuf.dev/programming-guides/encoding
import { PbfReader } from 'pbf';

const LENGTH_DELIMITED = 2;
/** ONNX models of the deepest networks have about 100,000 fields outside of their lists of numbers. */
const MAX_FIELDS = 2 ** 21;
const CONTINUES = 0x80;
/** Bytes of a number of 64 bits. */
const MAX_VARINT = 10;

const utf8 = new TextDecoder();

/** Receives the number of a field and a reader positioned at its value. */
type TakeField = (field: number, reader: PbfReader) => void;

/** One file; counts the fields of all its messages. */
export class ProtobufFile {
  private fields = 0;

  /** Reads all of a message; fails if it ends inside a value. */
  readMessage(bytes: Uint8Array, take: TakeField): void {
    const reader = new PbfReader(bytes);
    reader.readFields((field) => {
      if (++this.fields > MAX_FIELDS) throw new Error(`it has more than ${MAX_FIELDS} fields`);
      take(field, reader);
    }, undefined);
    if (reader.pos !== bytes.length) throw new Error(BEYOND);
  }
}

const BEYOND = 'a field goes beyond the end of its message';

export function bytesIn(reader: PbfReader): Uint8Array {
  if (reader.type !== LENGTH_DELIMITED) throw new Error('bytes were expected in place of a number');
  const bytes = reader.readBytes();
  if (reader.pos > reader.length) throw new Error(BEYOND);
  return bytes;
}

export function textIn(reader: PbfReader): string {
  return utf8.decode(bytesIn(reader));
}

/** The bytes of integers: all of a packed list, or one of a list that is not packed. */
export function varintsIn(reader: PbfReader): Uint8Array {
  if (reader.type === LENGTH_DELIMITED) return bytesIn(reader);
  const start = reader.pos;
  reader.readVarint(true);
  return reader.buf.subarray(start, reader.pos);
}

/** Number of integers in the bytes; fails if one is too long or truncated. */
export function countVarints(bytes: Uint8Array): number {
  let [count, start] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] >= CONTINUES) continue;
    if (at - start >= MAX_VARINT) break;
    count++;
    start = at + 1;
  }
  if (start !== bytes.length) throw new Error('a list has a number that is too long or truncated');
  return count;
}

/** Calls `take` with each integer in bytes that were counted, as signed 64-bit integers. */
export function forEachVarint(bytes: Uint8Array, take: (value: number, index: number) => void): void {
  const reader = new PbfReader(bytes);
  for (let index = 0; reader.pos < bytes.length; index++) take(reader.readVarint(true), index);
}
