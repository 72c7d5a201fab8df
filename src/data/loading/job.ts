// Messages between the main thread and its workers: plain data.
import type { Image } from '../../image/image.ts';
import type { ImageFile } from '../dataset.ts';
import type { Mixing } from '../transforms/mixing.ts';
import type { TransformList } from '../transforms/transforms.ts';
import type { BatchPlan, BatchTensors } from './assemble.ts';

/** A batch to prepare from image files. */
export interface Job {
  readonly plan: BatchPlan;
  readonly transforms: TransformList;
  readonly classes: number;
  readonly mixing?: Mixing | undefined;
  /** Each sample: a file, or a decoded image. */
  readonly sources: readonly (ImageFile | Image)[];
  /** Whether to return decoded images, to cache them. */
  readonly keepDecoded: boolean;
}

/** A decoded image, and its place in the batch. */
export type Decoded = readonly [slot: number, image: Image];

export interface Made {
  readonly tensors: BatchTensors;
  /** Whole images in shared memory, if `keepDecoded` is set. */
  readonly decoded: readonly Decoded[];
}

/** The sample that cannot be read or prepared, and why. */
export interface Fault {
  readonly slot: number;
  readonly message: string;
  /** Whether the file is at fault. */
  readonly isData: boolean;
}

export type Answer = { readonly made: Made } | { readonly fault: Fault };
