// Loads a data set in batches, prepared while the engine works on previous ones.
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { checkArgument, checkInteger } from '../../base/arguments.ts';
import { DataError, internal, UsageError } from '../../base/errors.ts';
import { readImageFile } from '../../image/decode.ts';
import { cropTo, type RegionOf } from '../../image/region.ts';
import { MAX_THREADS } from '../../system/threads.ts';
import { type FloatTensor, type IntTensor, intTensor } from '../../tensor/tensor.ts';
import type { Dataset } from '../dataset.ts';
import type { Mixing } from '../transforms/mixing.ts';
import { Preprocessor } from '../transforms/preprocessor.ts';
import type { TransformList } from '../transforms/transforms.ts';
import { assembleBatch, type BatchPlan, type BatchTensors, SampleError } from './assemble.ts';
import type { Allocate } from './batch.ts';
import { ImageCache } from './image-cache.ts';
import type { Job, Made } from './job.ts';
import { makeBatch } from './make.ts';
import { createOrder, type Order, type OrderName } from './order.ts';
import { runOnThread } from './threads.ts';

const MAX_RECYCLED = 4;
/** Longest delay of a timer, in milliseconds. */
const LONG = 2 ** 31 - 1;

/** One batch of images and labels. */
export interface Batch {
  /** `[N, C, H, W]` */
  readonly images: FloatTensor;
  /** `[N]`, indices into the data set's classes. */
  readonly labels: IntTensor;
  /** `[N, K]`, the fraction of each class in each image, if images were mixed (MixUp, CutMix). */
  readonly softLabels?: FloatTensor;
  /** Index of each image in the data set. */
  readonly indices: Uint32Array;
}

/** How batches are loaded; these options do not change their content. */
export interface LoadingOptions {
  /**
   * Worker threads that read and transform image files; 0 uses the main thread (default: number of cores minus 1). Data sets
   * without `Dataset.file`, such as MNIST in memory, always use the main thread.
   */
  readonly workers?: number | undefined;
  /** Bytes of decoded image files to keep for later epochs (default: 0). */
  readonly cacheBytes?: number | undefined;
}

/** Options of `Loader`. */
export interface LoaderOptions extends LoadingOptions {
  /** The transforms; random ones are functions of (seed, epoch, index of the image). */
  readonly preprocessing: TransformList;
  /** Images per batch. */
  readonly batchSize: number;
  /** Whether to shuffle every epoch, as a function of (seed, epoch) (default: false, file order). */
  readonly shuffle?: boolean;
  /**
   * Class-balanced sampling (default: false): every class has the same number of images in an epoch, which is as long as the
   * data set. Images of small classes occur several times, each time with other random transforms; some of large classes do
   * not occur. Shuffled every epoch.
   */
  readonly balance?: boolean;
  /** Seed of the order and of random transforms (default: 0). */
  readonly seed?: number;
  /** Whether to keep or drop a last batch with fewer images (default: keep). */
  readonly partial?: 'keep' | 'drop';
  /** Mixes images of a batch, as a function of (seed, epoch, step) (default: no mixing). */
  readonly mixing?: Mixing;
  /** Batches in preparation while one is in use (default: number of workers, at least 2). */
  readonly prefetch?: number;
}

interface Epoch {
  readonly epoch: number;
  readonly order: Order;
  /** Set when no more batches are needed. */
  stopped: boolean;
}

/**
 * Loads a data set in batches. The batches are a function of the options and the epoch, whatever was read before and with any
 * number of workers. Each worker prepares whole batches.
 *
 *     const loader = new Loader(data.splits.train, { preprocessing, batchSize: 32, shuffle: true });
 *     for await (const { images, labels } of loader.epoch(0)) { ... } // [32, C, H, W] and [32]
 */
export class Loader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** Batches in an epoch. */
  readonly stepsPerEpoch: number;
  private readonly preprocessor: Preprocessor;
  private readonly orderName: OrderName;
  private readonly seed: number;
  private readonly workers: number;
  private readonly prefetch: number;
  private readonly mixing: Mixing | undefined;
  private readonly cache: ImageCache;
  private readonly recycled: Float32Array[] = [];

  /**
   * @throws UsageError if an option is not valid, or an epoch has no batch
   * @throws DataError if the data set is empty, or the preprocessing is not valid
   */
  constructor(dataset: Dataset, options: LoaderOptions) {
    checkArgument.dataset('new Loader(dataset, options)', dataset);
    checkArgument.options('new Loader(dataset, options)', options);
    const { batchSize, shuffle = false, balance = false, seed = 0, partial = 'keep' } = options;
    const workers = workersFor(dataset, options.workers);
    const { prefetch = Math.max(2, workers), cacheBytes = 0 } = options;
    checkInteger('batch size', batchSize, 1);
    checkInteger('prefetch', prefetch, 0);
    checkInteger('cacheBytes', cacheBytes, 0);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.stepsPerEpoch = countSteps(dataset.length, batchSize, partial);
    this.preprocessor = new Preprocessor(options.preprocessing);
    this.orderName = balance ? 'balanced' : shuffle ? 'shuffled' : 'file';
    this.seed = seed;
    this.workers = workers;
    this.prefetch = prefetch;
    this.mixing = options.mixing;
    this.cache = new ImageCache(cacheBytes);
  }

  /**
   * The batches of an epoch, from `startStep` on. Arrays of a batch are reused only after `recycle`.
   * @throws DataError from `next()`, if a sample cannot be read or prepared; the message names it
   */
  async *epoch(epoch: number, startStep = 0): AsyncGenerator<Batch, void, undefined> {
    checkInteger('epoch', epoch, 0);
    checkInteger('step to start from', startStep, 0);
    const order = createOrder(this.dataset, this.orderName, this.seed, epoch);
    const state: Epoch = { epoch, order, stopped: false };
    const preparing: Promise<Batch>[] = [];
    // Each lane prepares one batch after another, so that the next batches get all threads, and memory stays bounded.
    const lanes: Promise<unknown>[] = Array(Math.max(1, this.workers)).fill(Promise.resolve());
    let next = startStep;
    try {
      for (let step = startStep; step < this.stepsPerEpoch; step++) {
        for (; next < this.stepsPerEpoch && preparing.length <= this.prefetch; next++) {
          const upcoming = next;
          const batch = lanes[upcoming % lanes.length].then(() => this.prepare(upcoming, state));
          // The error is thrown where the batch is awaited; until then it must not be an unhandled rejection.
          batch.catch(() => {});
          preparing.push(batch);
          lanes[upcoming % lanes.length] = batch;
        }
        const [batch] = preparing.splice(0, 1);
        yield await keepAlive(batch);
      }
    } finally {
      state.stopped = true;
    }
  }

  /** Returns the array of a batch for reuse in a later batch. The caller must not use the batch afterwards. */
  recycle(batch: Batch): void {
    const { data } = batch.images;
    if (this.recycled.length < MAX_RECYCLED) this.recycled.push(data);
  }

  private async prepare(step: number, state: Epoch): Promise<Batch> {
    // Lets the caller start its engine on the current batch before this one occupies the thread.
    if (this.workers === 0) await setImmediate();
    if (state.stopped) throw internal('a batch that is not needed any more');
    const part = [step * this.batchSize, (step + 1) * this.batchSize] as const;
    const indices = state.order.indices.slice(...part);
    const labels = Int32Array.from(indices, (index) => this.dataset.label(index));
    const keys = state.order.keys.slice(...part);
    const plan = { seed: this.seed, epoch: state.epoch, step, keys, labels };
    const tensors = await this.make(plan, indices, state);
    return { ...tensors, labels: intTensor([labels.length], labels), indices };
  }

  private async make(plan: BatchPlan, indices: Uint32Array, state: Epoch): Promise<BatchTensors> {
    const isStopped = () => state.stopped;
    try {
      if (!this.dataset.file) return await this.makeFromSamples(plan, indices, isStopped);
      const job = this.createJob(plan, indices, this.dataset.file.bind(this.dataset));
      const { tensors, decoded } =
        this.workers === 0
          ? await makeBatch(job, readImageFile, this.allocate, isStopped)
          : await makeOnThread(job, this.allocate);
      for (const [slot, image] of decoded) this.cache.offer(indices[slot], image);
      return tensors;
    } catch (error) {
      throw error instanceof SampleError ? sampleError(this.dataset, indices[error.slot], error) : error;
    }
  }

  private makeFromSamples(
    plan: BatchPlan,
    indices: Uint32Array,
    isStopped: () => boolean,
  ): Promise<BatchTensors> {
    const { dataset, preprocessor, mixing } = this;
    const read = (slot: number, regionOf: RegionOf) => {
      const got = dataset.get(indices[slot]);
      return got instanceof Promise
        ? got.then(({ image }) => cropTo(image, regionOf))
        : cropTo(got.image, regionOf);
    };
    const settings = { preprocessor, mixing, classes: dataset.classes.length };
    return assembleBatch(settings, plan, { allocate: this.allocate, read, isStopped });
  }

  private createJob(plan: BatchPlan, indices: Uint32Array, fileOf: NonNullable<Dataset['file']>): Job {
    return {
      plan,
      transforms: this.preprocessor.transforms,
      classes: this.dataset.classes.length,
      mixing: this.mixing,
      sources: Array.from(indices, (index) => this.cache.get(index) ?? fileOf(index)),
      keepDecoded: !this.cache.isFull,
    };
  }

  /** A recycled array, or a new one. */
  private readonly allocate = (length: number): Float32Array => {
    const place = this.recycled.findIndex((array) => array.length === length);
    return place === -1 ? new Float32Array(length) : this.recycled.splice(place, 1)[0];
  };
}

/** The number of workers: 0 for data sets without files. */
function workersFor(dataset: Dataset, requested = Math.max(0, availableParallelism() - 1)): number {
  checkInteger('number of workers', requested, 0, MAX_THREADS);
  return dataset.file ? requested : 0;
}

function countSteps(length: number, batchSize: number, partial: 'keep' | 'drop'): number {
  if (length === 0) throw new DataError('the data set has no images; use another data set or split.');
  const batches = length / batchSize;
  const steps = partial === 'keep' ? Math.ceil(batches) : Math.floor(batches);
  if (steps > 0) return steps;
  throw new UsageError(
    `batch size ${batchSize} is larger than the ${length} images, and partial batches are dropped; ` +
      "use a smaller batch size, or partial: 'keep'.",
  );
}

async function makeOnThread(job: Job, allocate: Allocate): Promise<Made> {
  const answer = await runOnThread(job, allocate);
  if ('made' in answer) return answer.made;
  const { slot, message, isData } = answer.fault;
  throw new SampleError(slot, isData ? new DataError(message) : new Error(message));
}

/** Worker threads do not keep the process alive; waiting for them does. */
async function keepAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONG);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

function sampleError(dataset: Dataset, index: number, { message, cause }: SampleError): DataError {
  const name = dataset.describe(index);
  const isFile = dataset.file !== undefined && cause instanceof DataError;
  const advice = isFile
    ? ' To skip files that cannot be read, use withoutUnreadable (--unreadable skip).'
    : '';
  const named = message.startsWith(name) ? message : `${name}: ${message}`;
  return new DataError(named + advice, { cause });
}
