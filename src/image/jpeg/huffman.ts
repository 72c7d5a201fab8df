// Huffman codes of JPEG, and the stream of bits they stand in.

/** Codes up to this length are looked up at once, together with the number that follows, if that fits in too. */
const QUICK = 10;
const LONGEST = 16;

/** One code: a run of zeros, and how many bits a number has that follows. */
export interface HuffmanTable {
  /**
   * By the next `QUICK` bits: bits to take in 0 .. 4, run in 5 .. 8, bits of the number that still follows in 9 .. 12, the
   * number itself from 16 on; 0 if the code is longer.
   */
  readonly quick: Int32Array;
  /** Of each length: the first code that is too large for it, aligned to 16 bits; beyond the longest, none. */
  readonly limits: Int32Array;
  /** Of each length: what to add to a code for its place in `symbols`. */
  readonly offsets: Int32Array;
  readonly symbols: Uint8Array;
}

/** @param counts of codes of length 1 to 16; undefined if there are more than fit */
export function makeTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const limits = new Int32Array(LONGEST + 2).fill(2 ** 30, LONGEST + 1);
  const offsets = new Int32Array(LONGEST + 1);
  const quick = new Int32Array(1 << QUICK);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= LONGEST; length++, code <<= 1) {
    offsets[length] = place - code;
    const end = code + counts[length - 1]!;
    if (end > 1 << length || place + counts[length - 1]! > symbols.length) return undefined;
    for (; code < end; code++, place++) if (length <= QUICK) fillQuick(quick, code, length, symbols[place]!);
    limits[length] = code << (LONGEST - length);
  }
  return { quick, limits, offsets, symbols };
}

/** Sets every entry whose bits begin with the code. */
function fillQuick(quick: Int32Array, code: number, length: number, symbol: number): void {
  const free = QUICK - length;
  const run = symbol >> 4;
  const size = symbol & 15;
  for (let rest = 0; rest < 1 << free; rest++) {
    const includes = size > 0 && size <= free;
    const value = includes ? extended(rest >> (free - size), size) : 0;
    const taken = includes ? length + size : length;
    quick[(code << free) | rest] = (value << 16) | ((includes ? 0 : size) << 9) | (run << 5) | taken;
  }
}

/** The number that `size` bits stand for: those that begin with 0 are negative. */
function extended(bits: number, size: number): number {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** Reads the coefficients of blocks, one after another. */
export class CoefficientReader {
  private readonly data: Uint8Array;
  private at: number;
  /** The last `count` bits of it come next. */
  private bits = 0;
  private count = 0;

  /** @param data coded bits without stuffing, with some zeros after them */
  constructor(data: Uint8Array, start: number) {
    this.data = data;
    this.at = start;
  }

  /** Bits up to here have been taken, from the start of the data. */
  get position(): number {
    return 8 * this.at - this.count;
  }

  /** Goes on at another place, in bytes. */
  moveTo(start: number): void {
    this.at = start;
    this.count = 0;
  }

  /** The difference of a block's first coefficient to that of the block before. */
  difference(table: HuffmanTable): number {
    const entry = this.next(table);
    const size = (entry >> 9) & 15;
    return size === 0 ? entry >> 16 : this.number(size);
  }

  /**
   * The other 63 coefficients, times `quantization`, into `block` by `order`; gives the last one that is not 0.
   * The inner loop of reading: everything is in locals, and most codes and their numbers come from one look.
   */
  fill(block: Int32Array, table: HuffmanTable, quantization: Uint16Array, order: Uint8Array): number {
    const { quick } = table;
    const { data } = this;
    let { at, bits, count } = this;
    let last = 0;
    for (let k = 1; k < 64; ) {
      if (count < 16) {
        bits = (bits << 16) | (data[at]! << 8) | data[at + 1]!;
        at += 2;
        count += 16;
      }
      let entry = quick[(bits >>> (count - QUICK)) & ((1 << QUICK) - 1)]!;
      if (entry === 0) entry = longCode(table, (bits >>> (count - 16)) & 0xffff);
      count -= entry & 31;
      k += (entry >> 5) & 15;
      let value = entry >> 16;
      const size = (entry >> 9) & 15;
      if (size > 0) {
        if (count < 16) {
          bits = (bits << 16) | (data[at]! << 8) | data[at + 1]!;
          at += 2;
          count += 16;
        }
        count -= size;
        value = (bits >>> count) & ((1 << size) - 1);
        if (value < 1 << (size - 1)) value += 1 - (1 << size);
      } else if (value === 0 && (entry & 0x1e0) !== 0x1e0) break;
      if (k > 63) break;
      block[order[k]!] = value * quantization[k]!;
      last = k++;
    }
    this.at = at;
    this.bits = bits;
    this.count = count;
    return last;
  }

  /** Passes over the other 63 coefficients. */
  skip(table: HuffmanTable): void {
    const { quick } = table;
    const { data } = this;
    let { at, bits, count } = this;
    for (let k = 1; k < 64; k++) {
      if (count < 16) {
        bits = (bits << 16) | (data[at]! << 8) | data[at + 1]!;
        at += 2;
        count += 16;
      }
      let entry = quick[(bits >>> (count - QUICK)) & ((1 << QUICK) - 1)]!;
      if (entry === 0) entry = longCode(table, (bits >>> (count - 16)) & 0xffff);
      count -= entry & 31;
      k += (entry >> 5) & 15;
      const size = (entry >> 9) & 15;
      if (size > 0) {
        if (count < 16) {
          bits = (bits << 16) | (data[at]! << 8) | data[at + 1]!;
          at += 2;
          count += 16;
        }
        count -= size;
      } else if (entry >> 16 === 0 && (entry & 0x1e0) !== 0x1e0) break;
    }
    this.at = at;
    this.bits = bits;
    this.count = count;
  }

  private next(table: HuffmanTable): number {
    this.refill();
    const entry = table.quick[(this.bits >>> (this.count - QUICK)) & ((1 << QUICK) - 1)]!;
    const found = entry === 0 ? longCode(table, (this.bits >>> (this.count - 16)) & 0xffff) : entry;
    this.count -= found & 31;
    return found;
  }

  private number(size: number): number {
    this.refill();
    this.count -= size;
    return extended((this.bits >>> this.count) & ((1 << size) - 1), size);
  }

  private refill(): void {
    if (this.count >= 16) return;
    this.bits = (this.bits << 16) | (this.data[this.at]! << 8) | this.data[this.at + 1]!;
    this.at += 2;
    this.count += 16;
  }
}

/** An entry as in `quick` for a code of more bits; one of 31 bits, which no data have, if there is no such code. */
function longCode({ limits, offsets, symbols }: HuffmanTable, bits: number): number {
  let length = QUICK + 1;
  while (bits >= limits[length]!) length++;
  const symbol = length > LONGEST ? 0 : symbols[(bits >> (LONGEST - length)) + offsets[length]!]!;
  return ((symbol & 15) << 9) | ((symbol >> 4) << 5) | (length > LONGEST ? 31 : length);
}
