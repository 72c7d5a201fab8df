// Random numbers one after another.
import { internal } from '../base/errors.ts';
import type { RandomStream } from './random.ts';

/** Successive numbers of a stream, from index `start` on. */
export class RandomSequence {
  private next: number;
  private readonly end: number;
  private readonly stream: RandomStream;

  /** @param end first index that belongs to another sequence */
  constructor(stream: RandomStream, start = 0, end = Number.POSITIVE_INFINITY) {
    this.stream = stream;
    this.next = start;
    this.end = end;
  }

  /** 32 random bits. */
  bits(): number {
    return this.stream.bits(this.take());
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.stream.uniform(this.take());
  }

  /** Uniform in [low, high). */
  between([low, high]: readonly [low: number, high: number]): number {
    return low + (high - low) * this.uniform();
  }

  /** Integer in [0, bound). */
  integer(bound: number): number {
    return this.stream.integer(this.take(), bound);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  private take(): number {
    if (this.next >= this.end) throw internal('a random sequence has no more numbers');
    return this.next++;
  }
}
