// Uncompressed TIFF files with values of any type, which no library at hand writes (TIFF 6.0, sections 2 and 19).

type Values = Uint8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

const SHORT = 3;
const LONG = 4;
const ENTRY = 12;
const [UNSIGNED, SIGNED, FLOAT] = [1, 2, 3];

function formatOf(values: Values): number {
  if (values instanceof Float32Array || values instanceof Float64Array) return FLOAT;
  return values instanceof Int16Array || values instanceof Int32Array ? SIGNED : UNSIGNED;
}

/** An image of one channel, its values row by row. */
export function grayscaleTiff(width: number, height: number, values: Values): Buffer {
  const [black, stripStart] = [1, 8 + 2 + 9 * ENTRY + 4];
  const fields: [tag: number, type: number, value: number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, values.BYTES_PER_ELEMENT * 8],
    [262, SHORT, black],
    [273, LONG, stripStart],
    [277, SHORT, 1],
    [278, LONG, height],
    [279, LONG, values.byteLength],
    [339, SHORT, formatOf(values)],
  ];
  const file = Buffer.alloc(stripStart + values.byteLength);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(fields.length, 8);
  for (const [i, [tag, type, value]] of fields.entries()) {
    const place = 10 + i * ENTRY;
    file.writeUInt16LE(tag, place);
    file.writeUInt16LE(type, place + 2);
    file.writeUInt32LE(1, place + 4);
    file.writeUInt32LE(value, place + 8); // Little-endian: a short is in the lower half.
  }
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).copy(file, stripStart);
  return file;
}
