// The result of one seed, read from the folder of its run.
import { readEvents } from '../train/index.ts';

/** Metrics of the best checkpoint of a run on test images, or on validation images if there are no test labels. */
export interface SeedRun {
  readonly seed: number;
  /** Folder of the run. */
  readonly run: string;
  readonly engine: string;
  readonly split: 'valid' | 'test';
  readonly count: number;
  readonly accuracy: number;
  /** 95% CI of the accuracy (Wilson) for other images of the same kind. */
  readonly interval: readonly [low: number, high: number];
  readonly loss: number;
  readonly bestStep: number;
  /** Wall time in seconds of the process that finished the run. */
  readonly seconds: number;
}

/** The result of a run; undefined if it is not finished. */
export async function readSeedRun(run: string, seed: number): Promise<SeedRun | undefined> {
  const events = await readEvents(run);
  const last = events.at(-1);
  if (last?.type !== 'ended' || last.result.interrupted) return undefined;
  const engine = events.findLast((event) => event.type === 'started')?.engine ?? 'unknown';
  const evaluation = events.findLast((event) => event.type === 'evaluated' && event.best);
  if (evaluation?.type !== 'evaluated') return undefined;
  const { split, count, accuracy, interval, loss, step: bestStep } = evaluation;
  const seconds = last.result.secondsTotal;
  return { seed, run, engine, split, count, accuracy, interval, loss, bestStep, seconds };
}
