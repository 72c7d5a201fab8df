// Batches of a data set, prepared while the engine works on those before.
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { DataError, UsageError } from '../tensor/errors.ts';
import { RandomStream } from '../tensor/random.ts';
import { type FloatTensor, type IntTensor, intTensor } from '../tensor/tensor.ts';
import { BatchWriter } from './batch.ts';
import type { Dataset } from './dataset.ts';
import { type Mixing, mixBatch } from './mixing.ts';
import { Preprocessor } from './preprocessor.ts';
import type { TransformList } from './transforms.ts';

// Images decoded at once within a batch: enough to keep the cores busy, few enough for large photographs in memory.
const CONCURRENCY = Math.min(8, availableParallelism() + 1);
const MAX_RECYCLED = 4;

export interface Batch {
  /** `[N, C, H, W]` */
  readonly images: FloatTensor;
  /** `[N]`, indices into the data set's classes. */
  readonly labels: IntTensor;
  /** `[N, K]`, the shares of the classes in each image, where images were mixed with one another. */
  readonly softLabels?: FloatTensor;
  /** Where in the data set each image comes from. */
  readonly indices: Uint32Array;
}

export interface LoaderOptions {
  /** Random transforms among them draw by (seed, epoch, index of the image). */
  readonly preprocessing: TransformList;
  readonly batchSize: number;
  /** A new order every epoch, a function of (seed, epoch); false if left out: file order. */
  readonly shuffle?: boolean;
  /** Seed of the order and of random transforms; 0 if left out. */
  readonly seed?: number;
  /** Whether a last batch with fewer images is kept or dropped; kept if left out. */
  readonly partial?: 'keep' | 'drop';
  /** Whether images of a batch are mixed with one another, by (seed, epoch, step); not if left out. */
  readonly mixing?: Mixing;
  /** Batches in preparation while one is in use; 2 if left out. */
  readonly prefetch?: number;
}

interface Epoch {
  readonly epoch: number;
  readonly order: Uint32Array;
  /** Set when nobody waits for batches any more. */
  stopped: boolean;
}

/** Reads a data set batch by batch. Same options, same epoch: same batches, whatever was read before. */
export class Loader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** Batches in an epoch. */
  readonly stepsPerEpoch: number;
  private readonly preprocessor: Preprocessor;
  private readonly shuffle: boolean;
  private readonly seed: number;
  private readonly prefetch: number;
  private readonly mixing: Mixing | undefined;
  private readonly recycled: Float32Array[] = [];

  /**
   * @throws UsageError if the batch size or the prefetch is no whole number, or no batch comes about
   * @throws DataError if the data set is empty, or the preprocessing is not valid
   */
  constructor(dataset: Dataset, options: LoaderOptions) {
    const { batchSize, shuffle = false, seed = 0, partial = 'keep', prefetch = 2 } = options;
    checkWhole('batch size', batchSize, 1);
    checkWhole('prefetch', prefetch, 0);
    if (dataset.length === 0)
      throw new DataError('the data set has no images; use one that has, or another split.');
    const batches = dataset.length / batchSize;
    this.stepsPerEpoch = partial === 'keep' ? Math.ceil(batches) : Math.floor(batches);
    if (this.stepsPerEpoch === 0) {
      throw new UsageError(
        `batch size ${batchSize} is more than the ${dataset.length} images, and partial batches are dropped; ` +
          "make it smaller, or use partial: 'keep'.",
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.preprocessor = new Preprocessor(options.preprocessing);
    this.shuffle = shuffle;
    this.seed = seed;
    this.prefetch = prefetch;
    this.mixing = options.mixing;
  }

  /**
   * The batches of an epoch from `startStep` on. A batch is the caller's: its arrays are used again only after
   * `recycle`.
   * @throws DataError from `next()`, if a sample cannot be read or prepared; the message names it
   */
  async *epoch(epoch: number, startStep = 0): AsyncGenerator<Batch, void, undefined> {
    checkWhole('epoch', epoch, 0);
    checkWhole('step to start from', startStep, 0);
    const state: Epoch = { epoch, order: this.order(epoch), stopped: false };
    const preparing: Promise<Batch>[] = [];
    let latest: Promise<unknown> = Promise.resolve();
    let next = startStep;
    try {
      for (let step = startStep; step < this.stepsPerEpoch; step++) {
        for (; next < this.stepsPerEpoch && preparing.length <= this.prefetch; next++) {
          const upcoming = next;
          // One after the other: the batch that is needed first gets all the threads, and memory stays bounded.
          const batch = latest.then(() => this.prepare(upcoming, state));
          // Whoever awaits the batch gets its error; until then it must not count as unhandled.
          batch.catch(() => {});
          preparing.push(batch);
          latest = batch;
        }
        yield await preparing.shift()!;
      }
    } finally {
      state.stopped = true;
    }
  }

  /** Gives a batch's array back for use in a later batch. The caller must not touch the batch afterwards. */
  recycle(batch: Batch): void {
    if (this.recycled.length < MAX_RECYCLED) this.recycled.push(batch.images.data);
  }

  private order(epoch: number): Uint32Array {
    const { length } = this.dataset;
    if (this.shuffle) return new RandomStream(this.seed, 'shuffle', epoch).permutation(length);
    return Uint32Array.from({ length }, (_, index) => index);
  }

  private async prepare(step: number, state: Epoch): Promise<Batch> {
    // Lets the caller start its engine on the batch it has before this one takes the thread.
    await setImmediate();
    const start = step * this.batchSize;
    const indices = state.order.slice(start, start + this.batchSize);
    const labels = new Int32Array(indices.length);
    const writer = new BatchWriter(this.preprocessor, indices.length, (length) => this.allocate(length));
    let next = 0;
    // Samples that are there at once (no promise) all go through the first worker without waiting.
    const worker = async () => {
      while (next < indices.length && !state.stopped) {
        const slot = next++;
        const index = indices[slot]!;
        try {
          const got = this.dataset.get(index);
          const { image, label } = got instanceof Promise ? await got : got;
          const key = { seed: this.seed, epoch: state.epoch, index };
          writer.write(slot, this.preprocessor.pixels(image, key));
          labels[slot] = label;
        } catch (error) {
          next = indices.length;
          throw sampleError(this.dataset, index, error);
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    const batch = { images: writer.finish(), labels: intTensor([labels.length], labels), indices };
    if (!this.mixing) return batch;
    const key = { seed: this.seed, epoch: state.epoch, step };
    const classes = this.dataset.classes.length;
    return { ...batch, softLabels: mixBatch(batch.images, batch.labels, classes, this.mixing, key) };
  }

  private allocate(length: number): Float32Array {
    const place = this.recycled.findIndex((array) => array.length === length);
    return place === -1 ? new Float32Array(length) : this.recycled.splice(place, 1)[0]!;
  }
}

function sampleError(dataset: Dataset, index: number, error: unknown): DataError {
  const { message } = error as Error;
  const name = dataset.describe(index);
  const isFile = dataset.file !== undefined && error instanceof DataError;
  const advice = isFile
    ? ' Files that cannot be read are left out by withoutUnreadable (--unreadable skip).'
    : '';
  const named = message.startsWith(name) ? message : `${name}: ${message}`;
  return new DataError(named + advice, { cause: error });
}

function checkWhole(what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UsageError(`${what} is ${value}; use a whole number from ${least}.`);
}
