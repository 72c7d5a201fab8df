// The speed of training, and the time spent waiting for data.
import type { Speed } from './events.ts';

/** Images trained and milliseconds spent since the start of the run. */
export interface PaceSums {
  readonly images: number;
  readonly waiting: number;
  readonly computing: number;
}

export class Pace {
  private images = 0;
  private waiting = 0;
  private computing = 0;

  get sums(): PaceSums {
    return { images: this.images, waiting: this.waiting, computing: this.computing };
  }

  /** Passes batches on and measures the time waiting for them. The first one is requested at once. */
  waitFor<T>(batches: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    const first = batches.next();
    first.catch(() => {}); // The error is thrown where the batch is awaited; until then it must not count as unhandled.
    return this.measureWaits(first, batches);
  }

  private async *measureWaits<T>(
    first: Promise<IteratorResult<T, void>>,
    batches: AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      for (let next = first; ; next = batches.next()) {
        const asked = performance.now();
        const { done, value } = await next;
        this.waiting += performance.now() - asked;
        if (done) return;
        yield value;
      }
    } finally {
      await batches.return();
    }
  }

  /** Measures a step over `images` images. */
  async time<T>(images: number, step: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await step();
    this.computing += performance.now() - start;
    this.images += images;
    return result;
  }

  /** Speed since earlier sums; 0 before the first image. */
  since({ images, waiting, computing }: PaceSums): Speed {
    const wait = this.waiting - waiting;
    const total = wait + this.computing - computing;
    if (total <= 0) return { imagesPerSecond: 0, dataShare: 0 };
    return { imagesPerSecond: ((this.images - images) * 1000) / total, dataShare: wait / total };
  }
}
