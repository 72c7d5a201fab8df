// The worker threads that make batches, shared by all loaders of the process.
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../base/errors.ts';
import { floatTensor } from '../../tensor/tensor.ts';
import type { Allocate } from './batch.ts';
import type { Answer, Job } from './job.ts';

/** How long a thread without work waits for more, in milliseconds: longer than the pause between two epochs. */
const IDLE_MILLISECONDS = 5000;

/** Beside this file; where that is a source, the build of the same. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/data/loading/worker.js' : './worker.js',
  import.meta.url,
);

/** Threads without work. */
const idle = new Set<Thread>();

/** A thread that makes one batch at a time. It does not keep the process alive. */
class Thread {
  // The flags of the process may be about its own entry, such as --input-type.
  private readonly worker = new Worker(entry, { execArgv: [] });
  private promised: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor() {
    this.worker
      .on('message', (answer: Answer) => this.promised?.resolve(answer))
      .on('error', (error) => this.fail(error))
      .on('exit', (code) => this.fail(new Error(`exit code ${code}`)));
    this.worker.unref(); // After `on`, since waiting for messages keeps the process alive.
  }

  run(job: Job): Promise<Answer> {
    clearTimeout(this.idleTimer);
    idle.delete(this);
    return new Promise((resolve, reject) => {
      this.promised = { resolve, reject };
      this.worker.postMessage(job);
    });
  }

  /** Waits for more work, and ends if none comes. */
  rest(): void {
    this.promised = undefined;
    idle.add(this);
    this.idleTimer = setTimeout(() => {
      idle.delete(this);
      void this.worker.terminate();
    }, IDLE_MILLISECONDS).unref();
  }

  private fail(cause: Error): void {
    idle.delete(this);
    this.promised?.reject(
      new EngineError(
        `a worker of the loader ended in the middle of a batch (${cause.message}); if memory was short, use fewer ` +
          'workers or smaller batches, or none: workers: 0 (--workers 0).',
        { cause },
      ),
    );
  }
}

/**
 * Makes a batch on a thread that rests, or on a new one: there are as many threads as calls at the same time.
 * @param allocate gives the array for the images
 * @throws EngineError if the thread ends before
 */
export async function runOnThread(job: Job, allocate: Allocate): Promise<Answer> {
  const [idleThread] = idle;
  const thread = idleThread ?? new Thread();
  const answer = copyImages(await thread.run(job), allocate);
  thread.rest();
  return answer;
}

/**
 * The answer without the array that its thread uses again. Sending arrays to and fro would save the copy, but whenever
 * some of them come back together, the engine of JavaScript takes it for a lack of memory and cleans up, which costs more.
 */
function copyImages(answer: Answer, allocate: Allocate): Answer {
  if ('fault' in answer) return answer;
  const { tensors, decoded } = answer.made;
  const { shape, data } = tensors.images;
  const images = floatTensor(shape, allocate(data.length));
  images.data.set(data);
  return { made: { tensors: { ...tensors, images }, decoded } };
}
