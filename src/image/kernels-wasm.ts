// The loops over pixels as WebAssembly with vector instructions (`kernels/pixels.ts`).
import { readFileSync } from 'node:fs';
import type { Image } from './image.ts';
import type { Filter, PixelKernels } from './pixel-kernels.ts';

/** The part of the JavaScript interface that is used; Node's types do not declare it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Addresses and lengths are in bytes; `kernels/pixels.ts` says what each loop does. */
interface Loops {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  resampleColumns(
    source: number,
    stride: number,
    rows: number,
    channels: number,
    target: number,
    extent: number,
    starts: number,
    weights: number,
    pairs: number,
  ): void;
  resampleRows(
    source: number,
    rowBytes: number,
    target: number,
    extent: number,
    starts: number,
    weights: number,
    pairs: number,
  ): void;
  flipRows(source: number, width: number, height: number, channels: number, target: number): void;
  normalize(source: number, count: number, channels: number, mean: number, std: number, target: number): void;
}

const PAGE = 2 ** 16;
/** Bytes that the loops may read and write beyond their arrays. */
const SLACK = 16;
/** Size of what is copied in at once: small enough to stay in the processor's cache. */
const BAND_BYTES = 2 ** 18;
const BAND_PIXELS = 2 ** 13;
/** Most memory to keep between images: it can grow, but not shrink. */
const MAX_KEPT = 2 ** 26;

const program = new URL('../../dist/image/kernels.wasm', import.meta.url);

/** The loops and their memory, which is allocated from its start for every image. */
class WasmMemory {
  readonly loops: Loops;
  bytes: Uint8Array;
  private end = SLACK;

  constructor() {
    this.loops = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(program))).exports as Loops;
    this.bytes = new Uint8Array(this.loops.memory.buffer);
  }

  clear(): void {
    this.end = SLACK;
  }

  /** Allocates `length` bytes. */
  take(length: number): number {
    const place = this.end;
    this.end = SLACK * Math.ceil((place + length) / SLACK) + SLACK;
    const missing = this.end - this.bytes.length;
    if (missing > 0) {
      this.loops.memory.grow(Math.ceil(missing / PAGE));
      this.bytes = new Uint8Array(this.loops.memory.buffer);
    }
    return place;
  }

  /** Allocates a copy of an array. */
  put({ buffer, byteOffset, byteLength }: Int16Array | Int32Array): number {
    const place = this.take(byteLength);
    this.bytes.set(new Uint8Array(buffer, byteOffset, byteLength), place);
    return place;
  }
}

/**
 * The kernels in WebAssembly.
 * @throws RangeError if WebAssembly gets no memory, see `kernels.ts`
 */
export function wasmKernels(): PixelKernels {
  return new WasmKernels();
}

class WasmKernels implements PixelKernels {
  private kept = new WasmMemory();

  private emptyMemory(): WasmMemory {
    if (this.kept.bytes.length > MAX_KEPT) this.kept = new WasmMemory();
    this.kept.clear();
    return this.kept;
  }

  resample(image: Image, across: Filter, down: Filter): Image {
    const { width, height, channels, data } = image;
    const memory = this.emptyMemory();
    const { loops } = memory;
    const rowBytes = across.extent * channels;
    const [starts, weights] = [memory.put(across.starts), memory.put(across.weights)];
    const between = memory.take((height + 1) * rowBytes);
    const band = memory.take(rowsPerBand(image) * width * channels);
    for (let y = 0; y < height; y += rowsPerBand(image)) {
      const rows = Math.min(rowsPerBand(image), height - y);
      const stride = width * channels;
      memory.bytes.set(data.subarray(y * stride, (y + rows) * stride), band);
      const to = between + y * rowBytes;
      loops.resampleColumns(band, stride, rows, channels, to, across.extent, starts, weights, across.pairs);
    }
    const [upper, rowWeights] = [memory.put(down.starts), memory.put(down.weights)];
    const target = memory.take(down.extent * rowBytes);
    loops.resampleRows(between, rowBytes, target, down.extent, upper, rowWeights, down.pairs);
    const pixels = memory.bytes.slice(target, target + down.extent * rowBytes);
    return { width: across.extent, height: down.extent, channels, data: pixels };
  }

  flipHorizontally(image: Image): Image {
    const { width, height, channels, data } = image;
    const memory = this.emptyMemory();
    const size = rowsPerBand(image) * width * channels;
    const [source, target] = [memory.take(size), memory.take(size)];
    const result = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at += size) {
      const band = data.subarray(at, at + size);
      memory.bytes.set(band, source);
      memory.loops.flipRows(source, width, band.length / (width * channels), channels, target);
      result.set(memory.bytes.subarray(target, target + band.length), at);
    }
    return { width, height, channels, data: result };
  }

  writeNormalized(
    { channels, data }: Image,
    mean: readonly number[],
    std: readonly number[],
    target: Float32Array,
    offset: number,
  ): void {
    const memory = this.emptyMemory();
    const source = memory.take(BAND_PIXELS * channels);
    const place = memory.take(BAND_PIXELS * Float32Array.BYTES_PER_ELEMENT);
    const pixels = data.length / channels;
    for (let start = 0; start < pixels; start += BAND_PIXELS) {
      const count = Math.min(BAND_PIXELS, pixels - start);
      const values = new Float32Array(memory.bytes.buffer, place, count);
      memory.bytes.set(data.subarray(start * channels, (start + count) * channels), source);
      for (let channel = 0; channel < channels; channel++) {
        memory.loops.normalize(source + channel, count, channels, mean[channel], std[channel], place);
        target.set(values, offset + channel * pixels + start);
      }
    }
  }
}

/** Rows of an image that are copied in at once. */
function rowsPerBand({ width, height, channels }: Image): number {
  return Math.min(height, Math.max(1, Math.floor(BAND_BYTES / (width * channels))));
}
