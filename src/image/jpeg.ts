// Small JPEG files, decoded by libjpeg-turbo as WebAssembly: the pixels of libvips without the cost of a call of it.
import { createRequire } from 'node:module';
import type { Image } from './image.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { crop, type Region } from './region.ts';

/**
 * Up to how many pixels this is faster. Time of a processor beside that of a call of sharp, in milliseconds: 0.05 and 1.0
 * (32 x 32), 0.7 and 1.8 (224), 3.0 and 3.5 (512), 39 and 21 (1444).
 */
export const MOST_PIXELS = 2 ** 17;

/** What is used of the library, which has no types. */
interface Library {
  readonly JPEGDecoder: new () => Decoder;
}

/** Arrays are places in the library's memory, and end with the next call. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  /** Throws if it finds anything wrong with the file. */
  decode(): void;
  /** `[H, W, C]` */
  getDecodedBuffer(): Uint8ClampedArray;
}

const open: (settings: { printErr(line: string): void }) => Promise<Library> = createRequire(import.meta.url)(
  '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs',
);

let decoder: Promise<Decoder | undefined> | undefined;

/** Undefined where WebAssembly gets no memory, see `kernels.ts`. */
function openDecoder(): Promise<Decoder | undefined> {
  return open({ printErr: () => {} }).then(
    ({ JPEGDecoder }) => new JPEGDecoder(),
    () => undefined,
  );
}

/**
 * The pixels of a JPEG file inside a region; undefined if the library finds anything wrong with the file, or does not run
 * here.
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
    // Its own complaints are numbers. Anything else broke off in the middle: a new library begins with empty memory.
    if (error instanceof Error) decoder = undefined;
    return undefined;
  }
  const { buffer, byteOffset, length } = jpeg.getDecodedBuffer();
  const whole = { width, height, channels, data: new Uint8Array(buffer, byteOffset, length) };
  const part = crop(whole, region);
  return part === whole ? { ...whole, data: whole.data.slice() } : part;
}
