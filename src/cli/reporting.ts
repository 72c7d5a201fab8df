// Reports as the command line writes them: after a run, with a note in place of an error, because the run itself is done.

import { TrainingError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type ReportOptions, writeReport } from '../report/index.ts';
import type { RunOptions, Trained } from '../train/index.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';

export interface Reported extends Trained {
  /** Path of the report, if it could be written. */
  readonly report?: string;
}

const interrupted = 'The run was interrupted, and evaluating it was left out; `fovea report` does that.';

/** Writes the report of a run that has just ended; without an evaluation if it was asked to stop. */
async function withReport(trained: Trained, data: SplitDataset, { engine }: RunOptions): Promise<Reported> {
  const { result, checkpoint } = trained;
  if (result.run === undefined) return trained;
  try {
    const sources = result.interrupted ? { missing: interrupted } : { data, checkpoint, engine };
    return { ...trained, report: await writeShown(result.run, sources) };
  } catch (error) {
    reportNote(`the report could not be written: ${(error as Error).message}`);
    return trained;
  }
}

/**
 * What `work` trains, with its report. A run that diverged gets one, too, which shows how it came to that, before its error
 * goes on.
 * @param run its folder
 */
export async function reported(
  run: string,
  data: SplitDataset,
  options: RunOptions,
  work: () => Promise<Trained>,
): Promise<Reported> {
  try {
    return await withReport(await work(), data, options);
  } catch (error) {
    if (error instanceof TrainingError) await reportFailed(run, data, options);
    throw error;
  }
}

/** Says where the report is, because nothing else will. */
async function reportFailed(run: string, data: SplitDataset, { engine }: RunOptions): Promise<void> {
  try {
    reportNote(`how the run went is in ${await writeShown(run, { data, engine })}`);
  } catch (error) {
    reportNote(`the report could not be written: ${(error as Error).message}`);
  }
}

/** `writeReport` with a progress bar. */
export async function writeShown(run: string, sources: ReportOptions): Promise<string> {
  const bar = new ProgressBar();
  const onProgress = (done: number, total: number) => bar.update('report', done, total, 'images');
  try {
    return await writeReport(run, { ...sources, onProgress });
  } finally {
    bar.clear();
  }
}
