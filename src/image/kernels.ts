// The loops that take the time of small images: in WebAssembly, which is several times faster than JavaScript and the same
// on every system, or in plain loops with the same pixels where WebAssembly gets no memory.
import type { Image } from './image.ts';
import { plainKernels } from './kernels-plain.ts';
import { wasmKernels } from './kernels-wasm.ts';

/** How one axis goes from one extent to another: every output is a weighted sum of neighbouring inputs. */
export interface Filter {
  /** Outputs. */
  readonly extent: number;
  /** Half the number of inputs that are mixed. */
  readonly pairs: number;
  /** `[extent]`, the first input of each output. The last one may lie beyond the end, if its weight is 0. */
  readonly starts: Int32Array;
  /** `[extent, pairs, 2, 2]`: the lower 11 bits of the weights of both inputs, then the bits above. */
  readonly weights: Int16Array;
}

export interface PixelKernels {
  /**
   * The image with its pixels mixed, first along its rows, then along its columns; rounded to whole numbers after each.
   */
  mixed(image: Image, across: Filter, down: Filter): Image;
  /** The image with its columns in the opposite order. */
  flipHorizontally(image: Image): Image;
  /**
   * Writes (pixel - mean) / std of each channel as float32 `[C, H, W]` into `target` from `offset` on, rounded after each
   * operation, as frameworks do that compute in 32 bits.
   */
  writeNormalized(
    image: Image,
    mean: readonly number[],
    std: readonly number[],
    target: Float32Array,
    offset: number,
  ): void;
}

let chosen: PixelKernels | undefined;

function kernels(): PixelKernels {
  chosen ??= chooseKernels();
  return chosen;
}

/** V8 reserves some 10 GB of address space for each WebAssembly memory, which `ulimit -v` may not allow. */
function chooseKernels(): PixelKernels {
  try {
    return wasmKernels();
  } catch (error) {
    if (error instanceof RangeError) return plainKernels;
    throw error;
  }
}

export const mixed: PixelKernels['mixed'] = (...args) => kernels().mixed(...args);

export const flipHorizontally: PixelKernels['flipHorizontally'] = (image) =>
  kernels().flipHorizontally(image);

export const writeNormalized: PixelKernels['writeNormalized'] = (...args) =>
  kernels().writeNormalized(...args);
