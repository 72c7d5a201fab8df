// How many threads engines and loaders may be asked for.
import { UsageError } from '../base/errors.ts';

export const MOST_THREADS = 1024;

/** @throws UsageError unless it is a number of threads that a machine can have */
export function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return;
  throw new UsageError(`threads must be a whole number from 1 to ${MOST_THREADS}, but got ${threads}.`);
}
