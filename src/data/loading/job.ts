// What the main thread and its workers say to one another: plain data.
import type { Image } from '../../image/image.ts';
import type { ImageFile } from '../dataset.ts';
import type { Mixing } from '../transforms/mixing.ts';
import type { TransformList } from '../transforms/transforms.ts';
import type { BatchPlan, BatchTensors } from './assemble.ts';

/** A batch to make of image files. */
export interface Job {
  readonly plan: BatchPlan;
  readonly transforms: TransformList;
  readonly classes: number;
  readonly mixing?: Mixing | undefined;
  /** Where each sample is: a file, or pixels that were decoded before. */
  readonly sources: readonly (ImageFile | Image)[];
  /** Whether the images that are decoded are wanted, to keep them. */
  readonly keepDecoded: boolean;
}

/** An image that was decoded, by its place in the batch. */
export type Decoded = readonly [slot: number, image: Image];

export interface Made {
  readonly tensors: BatchTensors;
  /** Whole images in shared memory, if they were wanted. */
  readonly decoded: readonly Decoded[];
}

/** The sample that cannot be read or prepared, and why. */
export interface Fault {
  readonly slot: number;
  readonly message: string;
  /** Whether its file is at fault. */
  readonly isData: boolean;
}

export type Answer = { readonly made: Made } | { readonly fault: Fault };
