// The coded pixels of a JPEG file: from bits to planes of samples, as far as a region needs them.
import type { Region } from '../region.ts';
import type { Component, JpegHeader } from './header.ts';
import { CoefficientReader } from './huffman.ts';
import { fillBlock, inverseDct } from './inverse-dct.ts';

/** Zeros after the data, for a reader that looks ahead. */
const AHEAD = 64;
const END_OF_IMAGE = 0xd9;
const RESTART = 0xd0;

// biome-ignore format: as in the standard
const ZIGZAG = Uint8Array.of(
   0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
);

/** Samples of one component, those around the region alone. */
export interface Plane {
  readonly data: Uint8ClampedArray;
  readonly stride: number;
  /** Where the first sample is in the whole plane. */
  readonly left: number;
  readonly top: number;
  /** Extents of the whole plane. */
  readonly width: number;
  readonly height: number;
}

interface Blocks {
  readonly component: Component;
  readonly plane: Plane;
  /** Of the last block, to which the next one's is a difference. */
  first: number;
}

/** A plane for each component; undefined if the data are not as they should be. */
export function readScan(bytes: Uint8Array, header: JpegHeader, region: Region): Plane[] | undefined {
  const coded = unstuffed(bytes, header.scanStart);
  if (!coded) return undefined;
  const all = header.components.map((component) => ({
    component,
    plane: planeFor(component, header, region),
    first: 0,
  }));
  return readUnits(header, coded, all) ? all.map(({ plane }) => plane) : undefined;
}

/** The samples that the region needs, and one more on each side for smooth chroma, in whole blocks. */
function planeFor({ across, down }: Component, header: JpegHeader, region: Region): Plane {
  const { across: mostAcross, down: mostDown } = header.components[0]!;
  const width = Math.ceil((header.width * across) / mostAcross);
  const height = Math.ceil((header.height * down) / mostDown);
  const [left, right] = blocksOf(region.left, region.width, mostAcross / across, width);
  const [top, bottom] = blocksOf(region.top, region.height, mostDown / down, height);
  const stride = right - left;
  return { data: new Uint8ClampedArray(stride * (bottom - top)), stride, left, top, width, height };
}

function blocksOf(start: number, extent: number, scale: number, most: number): [start: number, end: number] {
  const first = Math.max(0, Math.floor(start / scale) - 1);
  const last = Math.min(most - 1, Math.floor((start + extent - 1) / scale) + 1);
  return [8 * (first >> 3), 8 * ((last >> 3) + 1)];
}

interface Coded {
  readonly data: Uint8Array;
  /** Where each stretch between restarts begins, and where the last one ends. */
  readonly starts: readonly number[];
}

/** The coded bits without the zeros that follow bytes of ones; undefined unless the image ends after them. */
function unstuffed(bytes: Uint8Array, start: number): Coded | undefined {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Uint8Array(bytes.length - start + AHEAD);
  const starts = [0];
  let length = 0;
  for (let from = start; ; ) {
    const ones = source.indexOf(0xff, from);
    const marker = source[ones + 1];
    if (ones === -1 || marker === undefined) return undefined;
    const end = marker === 0 ? ones + 1 : ones;
    data.set(source.subarray(from, end), length);
    length += end - from;
    from = ones + 2;
    if (marker === 0) continue;
    if (marker === END_OF_IMAGE) return { data: data.fill(0, length), starts: [...starts, length] };
    if (marker !== RESTART + ((starts.length - 1) & 7)) return undefined;
    starts.push(length);
  }
}

/** Reads the grid's units row by row, down to the last one with samples that are needed. */
function readUnits(header: JpegHeader, { data, starts }: Coded, all: readonly Blocks[]): boolean {
  const { width, height, restartInterval, components } = header;
  const columns = Math.ceil(width / (8 * components[0]!.across));
  const rows = Math.ceil(height / (8 * components[0]!.down));
  const interval = restartInterval || columns * rows;
  if (starts.length - 1 !== Math.ceil((columns * rows) / interval)) return false;
  const needed = Math.max(...all.map(rowsNeeded));
  const reader = new CoefficientReader(data, 0);
  for (let unit = 0; unit < needed * columns; unit++) {
    const stretch = Math.floor(unit / interval);
    if (unit % interval === 0) {
      reader.moveTo(starts[stretch]!);
      for (const blocks of all) blocks.first = 0;
    }
    for (const blocks of all) readUnit(reader, blocks, unit % columns, Math.floor(unit / columns));
    if (reader.position > 8 * starts[stretch + 1]!) return false;
  }
  return true;
}

/** Rows of the grid. */
function rowsNeeded({ component: { down }, plane: { data, stride, top } }: Blocks): number {
  return Math.ceil((top + data.length / stride) / (8 * down));
}

const block = new Int32Array(64);

/** The blocks of one component in one unit of the grid. */
function readUnit(reader: CoefficientReader, blocks: Blocks, column: number, row: number): void {
  const { component, plane } = blocks;
  const { across, down, quantization, dc, ac } = component;
  const { data, stride, left, top } = plane;
  for (let i = 0; i < across * down; i++) {
    blocks.first += reader.difference(dc);
    const x = 8 * (column * across + (i % across)) - left;
    const y = 8 * (row * down + Math.floor(i / across)) - top;
    const offset = y * stride + x;
    if (x < 0 || x >= stride || y < 0 || offset >= data.length) {
      reader.skip(ac);
      continue;
    }
    const first = blocks.first * quantization[0]!;
    if (reader.fill(block, ac, quantization, ZIGZAG) === 0) fillBlock(first, data, offset, stride);
    else {
      block[0] = first;
      inverseDct(block, data, offset, stride);
    }
  }
}
