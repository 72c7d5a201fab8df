// What the loops over pixels compute, in WebAssembly and in plain TypeScript.
import type { Image } from './image.ts';

/** How one axis is resampled from one extent to another: every output is a weighted sum of neighboring inputs. */
export interface Filter {
  /** Outputs. */
  readonly extent: number;
  /** Half the number of inputs of each output. */
  readonly pairs: number;
  /** `[extent]`, the first input of each output. The last one may lie beyond the end, if its weight is 0. */
  readonly starts: Int32Array;
  /** `[extent, pairs, 2, 2]`: the lower 11 bits of the weights of both inputs, then the bits above. */
  readonly weights: Int16Array;
}

export interface PixelKernels {
  /**
   * The image resampled along its rows and then along its columns; rounded to integers after each.
   */
  resample(image: Image, across: Filter, down: Filter): Image;
  /** The image mirrored left to right. */
  flipHorizontally(image: Image): Image;
  /**
   * Writes (pixel - mean) / std of each channel as float32 `[C, H, W]` into `target` from `offset` on, rounded to
   * float32 after each operation.
   */
  writeNormalized(
    image: Image,
    mean: readonly number[],
    std: readonly number[],
    target: Float32Array,
    offset: number,
  ): void;
}
