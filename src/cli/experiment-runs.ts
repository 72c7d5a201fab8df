// The runs of experiments, one for each seed: begun, gone on with, or found finished.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { Engine } from '../engines/index.ts';
import { readSeedRun, type SeedRun, type Setting } from '../experiments/index.ts';
import { checkpointPath, readConfig, resumeTraining } from '../train/index.ts';
import { openChosenData } from './data-options.ts';
import type { Output } from './output.ts';
import { formatDuration } from './progress.ts';
import { reported } from './reporting.ts';
import { formatMetrics } from './run-view.ts';
import type { TrainChoice } from './train-choice.ts';
import { begin, watched } from './training.ts';

/** One seed of one experiment. */
export interface Job {
  /** The experiment's. */
  readonly name: string;
  readonly setting: Setting;
  readonly seed: number;
  /** Folder of its run. */
  readonly folder: string;
  readonly dataDir?: string;
}

/** Does the jobs that are not done yet. @returns the runs in order; undefined if a signal interrupted */
export async function runJobs(
  jobs: readonly Job[],
  engine: Engine,
  output: Output,
): Promise<SeedRun[] | undefined> {
  const runs: SeedRun[] = [];
  const durations: number[] = [];
  for (const [place, job] of jobs.entries()) {
    const start = performance.now();
    const before = await findRun(job);
    const run = before ?? (await doJob(job, engine, output));
    if (!run) return undefined;
    if (!before) durations.push((performance.now() - start) / 1000);
    runs.push(run);
    output.log(`${job.name} ${describeRun(run)}; ${describeProgress(place + 1, jobs.length, durations)}`);
  }
  return runs;
}

/** The finished run of an earlier call. @throws UsageError if the folder holds a run with another setting */
async function findRun(job: Job): Promise<SeedRun | undefined> {
  const { folder, seed } = job;
  if (!existsSync(join(folder, 'config.json'))) return undefined;
  const { caller } = await readConfig(folder);
  if (settingText(caller as object) !== settingText(choiceOf(job))) {
    throw new UsageError(
      `the run in ${folder} has another setting than the experiment: give another folder with --out, or remove that one.`,
    );
  }
  return readSeedRun(folder, seed);
}

/** Undefined if a signal interrupted. */
async function doJob(job: Job, engine: Engine, output: Output): Promise<SeedRun | undefined> {
  const { folder, seed } = job;
  const choice = choiceOf(job);
  const overwrite = existsSync(join(folder, 'config.json')); // Of a run that ended before its first checkpoint.
  await watched(output, undefined, async (hooks) => {
    const run = { ...hooks, engine };
    if (!existsSync(checkpointPath(folder, 'last'))) return begin(choice, run, { out: folder, overwrite });
    const data = await openChosenData(choice);
    return reported(folder, data, run, () => resumeTraining(folder, data, run));
  });
  return readSeedRun(folder, seed);
}

function choiceOf({ setting, seed, dataDir }: Job): TrainChoice {
  return { ...setting, seed, ...(dataDir !== undefined && { dataDir }) };
}

/** What makes two choices the same: all but the place of the data. */
function settingText(choice: object = {}): string {
  const entries = Object.entries(choice).filter(([key]) => key !== 'dataDir');
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describeRun(run: SeedRun): string {
  return `seed ${run.seed}: ${run.split} ${formatMetrics(run)}`;
}

/** @param durations in seconds, of those done now */
function describeProgress(done: number, total: number, durations: readonly number[]): string {
  const mean = durations.reduce((sum, seconds) => sum + seconds, 0) / durations.length;
  const left =
    done < total && durations.length > 0 ? `, about ${formatDuration(mean * (total - done))} left` : '';
  return `${done} of ${total} done${left}`;
}
