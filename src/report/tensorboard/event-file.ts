// TensorBoard event files: protocol-buffer messages `Event` as records with checksums.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
import { PbfWriter } from 'pbf';

/** A message of an event file. */
export interface FileEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  /** Values by tag. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Marks a resumed run: TensorBoard discards earlier events of this and later steps. */
  readonly restart?: boolean;
}

/** Version of the format: the first event of every file. */
const VERSION = 'brain.Event:2';
/** SessionLog.SessionStatus.START */
const START = 1;

/** The first record of a file. */
export function fileStart(wallTime: number): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, wallTime);
  pbf.writeStringField(3, VERSION);
  return frame(pbf.finish());
}

/** The record of an event. */
export function fileRecord({ wallTime, step = 0, scalars = {}, restart = false }: FileEvent): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, wallTime);
  pbf.writeVarintField(2, step);
  if (Object.keys(scalars).length > 0) pbf.writeMessage(5, writeSummary, scalars);
  if (restart) pbf.writeMessage(7, (status, log) => log.writeVarintField(1, status), START);
  return frame(pbf.finish());
}

function writeSummary(scalars: Readonly<Record<string, number>>, pbf: PbfWriter): void {
  for (const entry of Object.entries(scalars)) pbf.writeMessage(1, writeValue, entry);
}

function writeValue([tag, value]: readonly [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, tag);
  pbf.writeFloatField(2, value);
}

/** A TFRecord: length as uint64, its checksum, the content, its checksum; little-endian. */
function frame(content: Uint8Array): Uint8Array {
  const record = new Uint8Array(content.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(content, 12);
  view.setUint32(12 + content.length, maskedChecksum(content), true);
  return record;
}

/** CRC-32C, rotated and offset, as TFRecord defines it. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial with reversed bits. */
const POLYNOMIAL = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** The CRC-32C of RFC 3720, appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = table[(rest ^ byte) & 0xff] ^ (rest >>> 8);
  return ~rest >>> 0;
}
