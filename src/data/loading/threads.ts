// The worker threads that prepare batches, shared by all loaders of the process.
import { Worker } from 'node:worker_threads';
import { EngineError } from '../../base/errors.ts';
import { floatTensor } from '../../tensor/tensor.ts';
import type { Allocate } from './batch.ts';
import type { Answer, Job } from './job.ts';

/** How long an idle thread waits for work: longer than the pause between two epochs. */
const IDLE_MILLISECONDS = 5000;

/** Beside this file; when run from source, the built file. */
const entry = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/data/loading/worker.js' : './worker.js',
  import.meta.url,
);

/** Idle threads. */
const idle = new Set<Thread>();

/** A thread that prepares one batch at a time. It does not keep the process alive. */
class Thread {
  // Without the flags of the process, which may concern its own entry, such as --input-type.
  private readonly worker = new Worker(entry, { execArgv: [] });
  private promised: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor() {
    this.worker
      .on('message', (answer: Answer) => this.promised?.resolve(answer))
      .on('error', (error) => this.fail(error))
      .on('exit', (code) => this.fail(new Error(`exit code ${code}`)));
    this.worker.unref(); // After `on`, as listening for messages keeps the process alive.
  }

  run(job: Job): Promise<Answer> {
    clearTimeout(this.idleTimer);
    idle.delete(this);
    return new Promise((resolve, reject) => {
      this.promised = { resolve, reject };
      this.worker.postMessage(job);
    });
  }

  /** Waits for more work, and ends if there is none. */
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
        `a worker of the loader ended while preparing a batch (${cause.message}); if memory is short, use fewer workers ` +
          'or smaller batches, or no workers: workers: 0 (--workers 0).',
        { cause },
      ),
    );
  }
}

/**
 * Prepares a batch on an idle thread, or on a new one: there are as many threads as concurrent calls.
 * @param allocate allocates the array for the images
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
 * Copies the images out of the array that the thread reuses. Transferring arrays would save the copy, but V8 takes several
 * transfers at once for memory pressure and collects garbage, which costs more.
 */
function copyImages(answer: Answer, allocate: Allocate): Answer {
  if ('fault' in answer) return answer;
  const { tensors, decoded } = answer.made;
  const { shape, data } = tensors.images;
  const images = floatTensor(shape, allocate(data.length));
  images.data.set(data);
  return { made: { tensors: { ...tensors, images }, decoded } };
}
