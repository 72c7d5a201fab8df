// Assembles a batch: reads, transforms, normalizes and mixes its samples. The same code runs in workers and on the main thread.
import { availableParallelism } from 'node:os';
import type { Image } from '../../image/image.ts';
import type { RegionOf } from '../../image/region.ts';
import { type FloatTensor, intTensor } from '../../tensor/tensor.ts';
import { type Mixing, mixBatch } from '../transforms/mixing.ts';
import type { Preprocessor } from '../transforms/preprocessor.ts';
import { type Allocate, BatchWriter } from './batch.ts';

// Images read at once: enough to keep the cores busy, few enough to hold large photos in memory.
const CONCURRENCY = Math.min(8, availableParallelism() + 1);

/** Settings that all batches share. */
export interface BatchSettings {
  readonly preprocessor: Preprocessor;
  /** Number of classes. */
  readonly classes: number;
  readonly mixing?: Mixing | undefined;
}

/** The samples of a batch, as plain data. */
export interface BatchPlan {
  readonly seed: number;
  readonly epoch: number;
  /** Index of the batch in its epoch. */
  readonly step: number;
  /** Key of the random transforms of each sample. */
  readonly keys: Uint32Array;
  readonly labels: Int32Array;
}

/** How a batch is read and written. */
export interface BatchContext {
  readonly allocate: Allocate;
  /** The needed region of the image in place `slot`. */
  read(slot: number, regionOf: RegionOf): Image | Promise<Image>;
  /** Whether the batch is not needed any more. */
  isStopped(): boolean;
}

export interface BatchTensors {
  /** `[N, C, H, W]` */
  readonly images: FloatTensor;
  /** `[N, K]`, if images were mixed. */
  readonly softLabels?: FloatTensor;
}

/** A sample of a batch cannot be read or prepared. */
export class SampleError extends Error {
  readonly slot: number;

  constructor(slot: number, cause: unknown) {
    super((cause as Error).message, { cause });
    this.slot = slot;
  }
}

/** @throws SampleError if a sample cannot be read or prepared */
export async function assembleBatch(
  { preprocessor, classes, mixing }: BatchSettings,
  { seed, epoch, step, keys, labels }: BatchPlan,
  { allocate, read, isStopped }: BatchContext,
): Promise<BatchTensors> {
  const writer = new BatchWriter(preprocessor, labels.length, allocate);
  let next = 0;
  // Samples in memory (no promise) all go through the first reader without waiting.
  const reader = async () => {
    while (next < labels.length && !isStopped()) {
      const slot = next++;
      const key = { seed, epoch, index: keys[slot] };
      try {
        const got = read(slot, (size) => preprocessor.region(size, key));
        writer.write(slot, preprocessor.pixelsOfPart(got instanceof Promise ? await got : got, key));
      } catch (error) {
        next = labels.length;
        throw new SampleError(slot, error);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, reader));
  const images = writer.finish();
  if (!mixing) return { images };
  const targets = intTensor([labels.length], labels);
  return { images, softLabels: mixBatch(images, targets, classes, mixing, { seed, epoch, step }) };
}
