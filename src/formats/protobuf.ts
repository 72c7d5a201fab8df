// Reads protocol buffers field by field, with limits to the work that a file can ask for.
// https://protobuf.dev/programming-guides/encoding
import { PbfReader } from 'pbf';

const LENGTH_DELIMITED = 2;
/** ONNX models of the deepest networks have some 100 000 fields outside of their lists of numbers. */
const MAX_FIELDS = 2 ** 21;
const CONTINUES = 0x80;
/** Bytes of a number of 64 bits. */
const MAX_VARINT = 10;

const utf8 = new TextDecoder();

/** Gets a field's number and a reader positioned at its value. */
type TakeField = (field: number, reader: PbfReader) => void;

/** One file: counts the fields of all its messages. */
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
  if (reader.type !== LENGTH_DELIMITED) throw new Error('a number is where bytes are expected');
  const bytes = reader.readBytes();
  if (reader.pos > reader.length) throw new Error(BEYOND);
  return bytes;
}

export function textIn(reader: PbfReader): string {
  return utf8.decode(bytesIn(reader));
}

/** The bytes of one or more whole numbers: those of a packed list, or of one number of a list that is not packed. */
export function varintsIn(reader: PbfReader): Uint8Array {
  if (reader.type === LENGTH_DELIMITED) return bytesIn(reader);
  const start = reader.pos;
  reader.readVarint(true);
  return reader.buf.subarray(start, reader.pos);
}

/** How many whole numbers are in the bytes; fails if one is too long or not all there. */
export function countVarints(bytes: Uint8Array): number {
  let [count, start] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] >= CONTINUES) continue;
    if (at - start >= MAX_VARINT) break;
    count++;
    start = at + 1;
  }
  if (start !== bytes.length) throw new Error('a list has a number that is too long or cut off');
  return count;
}

/** Calls `take` with each whole number in bytes that have been counted, as signed ones of 64 bits. */
export function forEachVarint(bytes: Uint8Array, take: (value: number, index: number) => void): void {
  const reader = new PbfReader(bytes);
  for (let index = 0; reader.pos < bytes.length; index++) take(reader.readVarint(true), index);
}
