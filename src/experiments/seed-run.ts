// What the run of one seed came to, as its folder tells.
import { readEvents } from '../train/index.ts';

/** ExperimentResult of the best checkpoint of a run: on test images, or on validation images where there are no test labels. */
export interface SeedRun {
  readonly seed: number;
  /** Folder of the run. */
  readonly run: string;
  readonly engine: string;
  readonly split: 'valid' | 'test';
  readonly count: number;
  readonly accuracy: number;
  /** 95 % interval of the accuracy (Wilson): what other images of the kind might have given. */
  readonly interval: readonly [low: number, high: number];
  readonly loss: number;
  readonly bestStep: number;
  /** Wall time of the process that finished the run. */
  readonly seconds: number;
}

/** Undefined unless the run has come to its end. */
export async function readSeedRun(run: string, seed: number): Promise<SeedRun | undefined> {
  const events = await readEvents(run);
  const last = events.at(-1);
  if (last?.type !== 'ended' || last.result.interrupted) return undefined;
  const engine = events.findLast((event) => event.type === 'started')?.engine ?? 'unknown';
  const figures = events.findLast((event) => event.type === 'evaluated' && event.best);
  if (figures?.type !== 'evaluated') return undefined;
  const { split, count, accuracy, interval, loss, step: bestStep } = figures;
  const seconds = last.result.secondsTotal;
  return { seed, run, engine, split, count, accuracy, interval, loss, bestStep, seconds };
}
