// The loops over pixels as WebAssembly with vector instructions (`kernels/pixels.ts`).
import { readFileSync } from 'node:fs';
import type { Image } from './image.ts';
import type { Filter, PixelKernels } from './pixel-kernels.ts';

/** What is used of JavaScript's own interface, for which Node's types have none. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Addresses and lengths are in bytes; `kernels/pixels.ts` says what each loop does. */
interface Loops {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  mixColumns(
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
  mixRows(
    source: number,
    rowBytes: number,
    target: number,
    extent: number,
    starts: number,
    weights: number,
    pairs: number,
  ): void;
  mirror(source: number, width: number, height: number, channels: number, target: number): void;
  normalize(source: number, count: number, channels: number, mean: number, std: number, target: number): void;
}

const PAGE = 2 ** 16;
/** How far the loops read and write beyond their arrays. */
const SLACK = 16;
/** What is copied in at once: little enough to stay in the processor's cache. */
const BAND_BYTES = 2 ** 18;
const BAND_PIXELS = 2 ** 13;
/** The most memory to hold on to: it can grow, but not shrink. */
const MOST_KEPT = 2 ** 26;

const program = new URL('../../dist/image/kernels.wasm', import.meta.url);

/** The loops and their memory, which is handed out from its start for every image. */
class Workshop {
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

  /** A place for so many bytes. */
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

  /** A place with the content of an array. */
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
  private kept = new Workshop();

  private emptyWorkshop(): Workshop {
    if (this.kept.bytes.length > MOST_KEPT) this.kept = new Workshop();
    this.kept.clear();
    return this.kept;
  }

  mixed(image: Image, across: Filter, down: Filter): Image {
    const { width, height, channels, data } = image;
    const workshop = this.emptyWorkshop();
    const { loops } = workshop;
    const rowBytes = across.extent * channels;
    const [starts, weights] = [workshop.put(across.starts), workshop.put(across.weights)];
    const between = workshop.take((height + 1) * rowBytes);
    const band = workshop.take(bandOf(image) * width * channels);
    for (let y = 0; y < height; y += bandOf(image)) {
      const rows = Math.min(bandOf(image), height - y);
      const stride = width * channels;
      workshop.bytes.set(data.subarray(y * stride, (y + rows) * stride), band);
      const to = between + y * rowBytes;
      loops.mixColumns(band, stride, rows, channels, to, across.extent, starts, weights, across.pairs);
    }
    const [upper, shares] = [workshop.put(down.starts), workshop.put(down.weights)];
    const target = workshop.take(down.extent * rowBytes);
    loops.mixRows(between, rowBytes, target, down.extent, upper, shares, down.pairs);
    const pixels = workshop.bytes.slice(target, target + down.extent * rowBytes);
    return { width: across.extent, height: down.extent, channels, data: pixels };
  }

  flipHorizontally(image: Image): Image {
    const { width, height, channels, data } = image;
    const workshop = this.emptyWorkshop();
    const size = bandOf(image) * width * channels;
    const [source, target] = [workshop.take(size), workshop.take(size)];
    const result = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at += size) {
      const band = data.subarray(at, at + size);
      workshop.bytes.set(band, source);
      workshop.loops.mirror(source, width, band.length / (width * channels), channels, target);
      result.set(workshop.bytes.subarray(target, target + band.length), at);
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
    const workshop = this.emptyWorkshop();
    const source = workshop.take(BAND_PIXELS * channels);
    const place = workshop.take(BAND_PIXELS * Float32Array.BYTES_PER_ELEMENT);
    const pixels = data.length / channels;
    for (let start = 0; start < pixels; start += BAND_PIXELS) {
      const count = Math.min(BAND_PIXELS, pixels - start);
      const values = new Float32Array(workshop.bytes.buffer, place, count);
      workshop.bytes.set(data.subarray(start * channels, (start + count) * channels), source);
      for (let channel = 0; channel < channels; channel++) {
        workshop.loops.normalize(source + channel, count, channels, mean[channel], std[channel], place);
        target.set(values, offset + channel * pixels + start);
      }
    }
  }
}

/** How many rows of an image are copied in at once. */
function bandOf({ width, height, channels }: Image): number {
  return Math.min(height, Math.max(1, Math.floor(BAND_BYTES / (width * channels))));
}
