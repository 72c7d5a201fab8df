// Limits of the number of threads of engines and loaders.
import { checkInteger } from '../base/arguments.ts';

export const MAX_THREADS = 1024;

/** @throws UsageError unless it is an integer from 1 to 1024 */
export function checkThreads(threads: number): void {
  checkInteger('threads', threads, 1, MAX_THREADS);
}
