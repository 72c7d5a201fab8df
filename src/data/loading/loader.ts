// Batches of a data set, prepared while the engine works on those before.
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

/** How batches are loaded: whatever is chosen here, their numbers are the same. */
export interface LoadingOptions {
  /**
   * Threads that read and transform image files; with 0 the main thread does. One for each core but one unless given,
   * 0 for a data set whose images are not in files of their own (no `Dataset.file`), such as MNIST in memory.
   */
  readonly workers?: number | undefined;
  /** Bytes of decoded image files to keep for later epochs; 0 unless given. */
  readonly cacheBytes?: number | undefined;
}

export interface LoaderOptions extends LoadingOptions {
  /** Random transforms among them draw by (seed, epoch, index of the image). */
  readonly preprocessing: TransformList;
  readonly batchSize: number;
  /** A new order every epoch, a function of (seed, epoch); false if left out: file order. */
  readonly shuffle?: boolean;
  /**
   * Whether every class makes up the same share of an epoch, which stays as long as the data set: images of small
   * classes come several times, otherwise transformed each time, some of large ones not at all. In a new order every
   * epoch; false if left out.
   */
  readonly balance?: boolean;
  /** Seed of the order and of random transforms; 0 if left out. */
  readonly seed?: number;
  /** Whether a last batch with fewer images is kept or dropped; kept if left out. */
  readonly partial?: 'keep' | 'drop';
  /** Whether images of a batch are mixed with one another, by (seed, epoch, step); not if left out. */
  readonly mixing?: Mixing;
  /** Batches in preparation while one is in use; as many as there are workers, but at least 2, if left out. */
  readonly prefetch?: number;
}

interface Epoch {
  readonly epoch: number;
  readonly order: Order;
  /** Set when nobody waits for batches any more. */
  stopped: boolean;
}

/**
 * Reads a data set batch by batch. Same options, same epoch: same batches, whatever was read before, and by how many
 * workers. A worker makes whole batches.
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
   * @throws UsageError if the batch size, the prefetch or the number of workers is no whole number, or no batch comes about
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
   * The batches of an epoch from `startStep` on. A batch is the caller's: its arrays are used again only after
   * `recycle`.
   * @throws DataError from `next()`, if a sample cannot be read or prepared; the message names it
   */
  async *epoch(epoch: number, startStep = 0): AsyncGenerator<Batch, void, undefined> {
    checkInteger('epoch', epoch, 0);
    checkInteger('step to start from', startStep, 0);
    const order = createOrder(this.dataset, this.orderName, this.seed, epoch);
    const state: Epoch = { epoch, order, stopped: false };
    const preparing: Promise<Batch>[] = [];
    // One batch after the other in each lane: those that are needed first get all the threads, and memory stays bounded.
    const lanes: Promise<unknown>[] = Array(Math.max(1, this.workers)).fill(Promise.resolve());
    let next = startStep;
    try {
      for (let step = startStep; step < this.stepsPerEpoch; step++) {
        for (; next < this.stepsPerEpoch && preparing.length <= this.prefetch; next++) {
          const upcoming = next;
          const batch = lanes[upcoming % lanes.length].then(() => this.prepare(upcoming, state));
          // Whoever awaits the batch gets its error; until then it must not count as unhandled.
          batch.catch(() => {});
          preparing.push(batch);
          lanes[upcoming % lanes.length] = batch;
        }
        yield await keepAlive(preparing.shift()!);
      }
    } finally {
      state.stopped = true;
    }
  }

  /** Gives a batch's array back for use in a later batch. The caller must not touch the batch afterwards. */
  recycle(batch: Batch): void {
    const { data } = batch.images;
    if (this.recycled.length < MAX_RECYCLED) this.recycled.push(data);
  }

  private async prepare(step: number, state: Epoch): Promise<Batch> {
    // Lets the caller start its engine on the batch it has before this one takes the thread.
    if (this.workers === 0) await setImmediate();
    if (state.stopped) throw internal('a batch for which nobody waits');
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

  /** An array that was given back, or a new one. */
  private readonly allocate = (length: number): Float32Array => {
    const place = this.recycled.findIndex((array) => array.length === length);
    return place === -1 ? new Float32Array(length) : this.recycled.splice(place, 1)[0];
  };
}

/** As many as asked for; without files none can help. */
function workersFor(dataset: Dataset, wanted = Math.max(0, availableParallelism() - 1)): number {
  checkInteger('number of workers', wanted, 0, MAX_THREADS);
  return dataset.file ? wanted : 0;
}

function countSteps(length: number, batchSize: number, partial: 'keep' | 'drop'): number {
  if (length === 0) throw new DataError('the data set has no images; use one that has, or another split.');
  const batches = length / batchSize;
  const steps = partial === 'keep' ? Math.ceil(batches) : Math.floor(batches);
  if (steps > 0) return steps;
  throw new UsageError(
    `batch size ${batchSize} is more than the ${length} images, and partial batches are dropped; ` +
      "make it smaller, or use partial: 'keep'.",
  );
}

async function makeOnThread(job: Job, allocate: Allocate): Promise<Made> {
  const answer = await runOnThread(job, allocate);
  if ('made' in answer) return answer.made;
  const { slot, message, isData } = answer.fault;
  throw new SampleError(slot, isData ? new DataError(message) : new Error(message));
}

/** Threads do not keep the process alive; whoever waits for them does. */
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
    ? ' Files that cannot be read are left out by withoutUnreadable (--unreadable skip).'
    : '';
  const named = message.startsWith(name) ? message : `${name}: ${message}`;
  return new DataError(named + advice, { cause });
}
