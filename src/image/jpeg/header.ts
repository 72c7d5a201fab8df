// What comes before the pixels of a JPEG file (ITU-T T.81, annex B).
import { tiffOrientation } from '../orientation.ts';
import { type HuffmanTable, makeTable } from './huffman.ts';

/** One of the colours, in the order of the file. */
export interface Component {
  readonly id: number;
  /** Samples across and down for each of the coarsest component. */
  readonly across: number;
  readonly down: number;
  /** `[64]`, in zigzag order. */
  readonly quantization: Uint16Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Luma alone, or luma and two of chroma. */
  readonly components: readonly Component[];
  /** Units of the grid from one restart to the next; 0 if there are none. */
  readonly restartInterval: number;
  /** Where the coded pixels begin. */
  readonly scanStart: number;
}

const MARKER = { app1: 0xe1, app14: 0xee, comment: 0xfe } as const;

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: readonly { id: number; across: number; down: number; table: number }[];
}

/** Tables that a file has defined so far, by number; for alternating currents from 16 on. */
interface Tables {
  readonly quantization: Map<number, Uint16Array>;
  readonly huffman: Map<number, HuffmanTable>;
}

/** The header of an upright file with 8 bits, in one sequential scan; undefined for all others. */
export function readHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables: Tables = { quantization: new Map(), huffman: new Map() };
  let frame: Frame | undefined;
  let restartInterval = 0;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    const end = at + 2 + view.getUint16(at + 2);
    if (bytes[at] !== 0xff || end > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) return frame && withScan(frame, body, tables, restartInterval, end);
    if (marker === 0xc0 || marker === 0xc1) frame = readFrame(body);
    else if (marker === 0xdb) readQuantization(body, tables);
    else if (marker === 0xc4) readHuffman(body, tables);
    else if (marker === 0xdd) restartInterval = view.getUint16(at + 4);
    else if (!isPassedOver(marker, body)) return undefined;
    at = end;
  }
  return undefined;
}

/** Whether a segment changes nothing: comments, and facts about the file other than a turn or colours of another kind. */
function isPassedOver(marker: number, body: Uint8Array): boolean {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (marker === MARKER.app1 && text.toString('latin1', 0, 6) === 'Exif\0\0') {
    return tiffOrientation(text.subarray(6)) === 1;
  }
  if (marker === MARKER.app14 && text.toString('latin1', 0, 5) === 'Adobe') return body[11] === 1;
  return marker === MARKER.comment || (marker >= 0xe0 && marker <= 0xef);
}

function readFrame(body: Uint8Array): Frame | undefined {
  const [bits = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = body;
  if (bits !== 8 || body.length !== 6 + 3 * count) return undefined;
  const components = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0, table = 0] = body.subarray(6 + 3 * i);
    return { id, across: sampling >> 4, down: sampling & 15, table };
  });
  return { width: w1 * 256 + w0, height: h1 * 256 + h0, components };
}

function readQuantization(body: Uint8Array, { quantization }: Tables): void {
  for (let at = 0; at < body.length; ) {
    const wide = body[at]! >> 4 !== 0;
    const values = body.subarray(at + 1, at + 1 + (wide ? 128 : 64));
    const table = Uint16Array.from({ length: 64 }, (_, k) =>
      wide ? values[2 * k]! * 256 + values[2 * k + 1]! : values[k]!,
    );
    quantization.set(body[at]! & 15, table);
    at += 1 + values.length;
  }
}

function readHuffman(body: Uint8Array, { huffman }: Tables): void {
  for (let at = 0; at + 17 <= body.length; ) {
    const counts = body.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const table = makeTable(counts, body.subarray(at + 17, at + 17 + total));
    if (table) huffman.set(body[at]!, table);
    else huffman.delete(body[at]!);
    at += 17 + total;
  }
}

/** Completes the header by which tables the scan uses; undefined unless it holds every component, whole. */
function withScan(
  { width, height, components }: Frame,
  body: Uint8Array,
  { quantization, huffman }: Tables,
  restartInterval: number,
  scanStart: number,
): JpegHeader | undefined {
  const isWhole = body[0] === components.length && body.length === 4 + 2 * components.length;
  if (!isWhole || width === 0 || height === 0 || !isUsual(components)) return undefined;
  const complete: Component[] = [];
  for (const [i, { id, across, down, table }] of components.entries()) {
    const choice = body[2 + 2 * i]!;
    const dc = huffman.get(choice >> 4);
    const ac = huffman.get(16 + (choice & 15));
    const steps = quantization.get(table);
    if (body[1 + 2 * i] !== id || !dc || !ac || !steps) return undefined;
    complete.push({ id, across, down, quantization: steps, dc, ac });
  }
  const sole = complete.map((component) => ({ ...component, across: 1, down: 1 })); // Alone it is its own grid.
  return { width, height, components: complete.length === 1 ? sole : complete, restartInterval, scanStart };
}

/** Grey, or luma and chroma at full size, at half the width, or at half of both (4:4:4, 4:2:2, 4:2:0). */
function isUsual(components: Frame['components']): boolean {
  if (components.length === 1) return true;
  const [luma, ...chroma] = components;
  const isLuma =
    luma?.id !== 'R'.charCodeAt(0) && ['1 1', '2 1', '2 2'].includes(`${luma?.across} ${luma?.down}`);
  return isLuma && chroma.length === 2 && chroma.every(({ across, down }) => across === 1 && down === 1);
}
