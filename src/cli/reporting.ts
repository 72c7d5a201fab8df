// Writes the report of a run. A report that cannot be written is a note, not an error: the run itself is complete.

import { TrainingError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type ReportOptions, writeReport } from '../report/index.ts';
import type { RunOptions, Trained } from '../train/index.ts';
import { reportNote } from './failure.ts';
import { withProgress } from './progress.ts';

export interface Reported extends Trained {
  /** Path of the report, if it could be written. */
  readonly report?: string;
}

const interrupted = 'The run was interrupted and not evaluated; `fovea report` evaluates it.';

/** Writes the report of a run that has ended; without an evaluation if it was interrupted. */
async function reportTrained(
  trained: Trained,
  data: SplitDataset,
  { engine }: RunOptions,
): Promise<Reported> {
  const { result, checkpoint } = trained;
  if (result.run === undefined) return trained;
  try {
    const sources = result.interrupted ? { missing: interrupted } : { data, checkpoint, engine };
    return { ...trained, report: await writeWithProgress(result.run, sources) };
  } catch (error) {
    reportNote(`the report could not be written: ${(error as Error).message}`);
    return trained;
  }
}

/**
 * Runs `work` and writes the report, also of a run that diverged.
 * @param run folder of the run
 */
export async function withReport(
  run: string,
  data: SplitDataset,
  options: RunOptions,
  work: () => Promise<Trained>,
): Promise<Reported> {
  try {
    return await reportTrained(await work(), data, options);
  } catch (error) {
    if (error instanceof TrainingError) await reportFailed(run, data, options);
    throw error;
  }
}

async function reportFailed(run: string, data: SplitDataset, { engine }: RunOptions): Promise<void> {
  try {
    reportNote(`see the report of the run: ${await writeWithProgress(run, { data, engine })}`);
  } catch (error) {
    reportNote(`the report could not be written: ${(error as Error).message}`);
  }
}

/** `writeReport` with a progress bar. */
export function writeWithProgress(run: string, sources: ReportOptions): Promise<string> {
  return withProgress('report', 'images', (onProgress) => writeReport(run, { ...sources, onProgress }));
}
