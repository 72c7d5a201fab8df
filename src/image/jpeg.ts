// Small JPEG files, decoded by libjpeg-turbo as WebAssembly: the same pixels as libvips without the cost of a call.
import { createRequire } from 'node:module';
import type { Image } from './image.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { crop, type Region } from './region.ts';

/**
 * Up to this number of pixels it is faster than sharp. CPU time of both in milliseconds: 0.05 and 1.0 (32 x 32), 0.7 and 1.8
 * (224 x 224), 3.0 and 3.5 (512 x 512), 39 and 21 (1444 x 1444).
 */
export const MAX_PIXELS = 2 ** 17;

/** The part of the library that is used; it has no types. */
interface Library {
  readonly JPEGDecoder: new () => Decoder;
}

/** Its arrays are views of the library's memory, valid until the next call. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  /** Throws if the file has any fault. */
  decode(): void;
  /** `[H, W, C]` */
  getDecodedBuffer(): Uint8ClampedArray;
}

const open: (settings: { printErr(line: string): void }) => Promise<Library> = createRequire(import.meta.url)(
  '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
);

let decoder: Promise<Decoder | undefined> | undefined;

/** Undefined if WebAssembly gets no memory, see `kernels.ts`. */
function openDecoder(): Promise<Decoder | undefined> {
  return open({ printErr: () => {} }).then(
    ({ JPEGDecoder }) => new JPEGDecoder(),
    () => undefined,
  );
}

/**
 * The pixels of a JPEG file inside a region; undefined if the library finds a fault in the file, or does not run on this
 * machine.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  { width, height, channels }: JpegHeader,
  region: Region = { left: 0, top: 0, width, height },
): Promise<Image | undefined> {
  decoder ??= openDecoder();
  const jpeg = await decoder;
  if (!jpeg) return undefined;
  try {
    jpeg.getEncodedBuffer(bytes.length).set(bytes);
    jpeg.decode();
  } catch (error) {
    // Its own errors are numbers. Any other error leaves the library in an unknown state: load a new one.
    if (error instanceof Error) decoder = undefined;
    return undefined;
  }
  const { buffer, byteOffset, length } = jpeg.getDecodedBuffer();
  const whole = { width, height, channels, data: new Uint8Array(buffer, byteOffset, length) };
  const part = crop(whole, region);
  return part === whole ? { ...whole, data: whole.data.slice() } : part;
}
