// The runs of experiments, one per seed: started, resumed, or found finished.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { formatClock } from '../base/text.ts';
import type { Engine } from '../engines/index.ts';
import { readSeedRun, type SeedRun, type Setting } from '../experiments/index.ts';
import { checkpointPath, readConfig, resumeTraining } from '../train/index.ts';
import { formatMetrics } from './metrics-view.ts';
import { openChosenData } from './open-data.ts';
import type { Output } from './output.ts';
import { withReport } from './reporting.ts';
import type { TrainChoice } from './train-choice.ts';
import { start, watched } from './training.ts';

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

/** Runs the jobs that are not finished. @returns the runs in order; undefined if a signal interrupted */
export async function runJobs(
  jobs: readonly Job[],
  engine: Engine,
  output: Output,
): Promise<SeedRun[] | undefined> {
  const runs: SeedRun[] = [];
  const durations: number[] = [];
  for (const [place, job] of jobs.entries()) {
    const startTime = performance.now();
    const before = await findRun(job);
    const run = before ?? (await runJob(job, engine, output));
    if (!run) return undefined;
    if (!before) durations.push((performance.now() - startTime) / 1000);
    runs.push(run);
    output.log(`${job.name} ${describeRun(run)}; ${describeProgress(place + 1, jobs.length, durations)}`);
  }
  return runs;
}

/** The finished run of an earlier call. @throws UsageError if the folder holds a run with other settings */
async function findRun(job: Job): Promise<SeedRun | undefined> {
  const { folder, seed } = job;
  if (!existsSync(join(folder, 'config.json'))) return undefined;
  const { caller } = await readConfig(folder);
  if (settingText(caller as object) !== settingText(choiceOf(job))) {
    throw new UsageError(
      `the run in ${folder} has other settings than the experiment; choose another folder with --out, or remove it.`,
    );
  }
  return readSeedRun(folder, seed);
}

/** Undefined if a signal interrupted. */
async function runJob(job: Job, engine: Engine, output: Output): Promise<SeedRun | undefined> {
  const { folder, seed } = job;
  const choice = choiceOf(job);
  const overwrite = existsSync(join(folder, 'config.json')); // A run that ended before its first checkpoint.
  await watched(output, {}, async (hooks) => {
    const run = { ...hooks, engine };
    if (!existsSync(checkpointPath(folder, 'last'))) return start(choice, run, { out: folder, overwrite });
    const data = await openChosenData(choice);
    return withReport(folder, data, run, () => resumeTraining(folder, data, run));
  });
  return readSeedRun(folder, seed);
}

function choiceOf({ setting, seed, dataDir }: Job): TrainChoice {
  return { ...setting, seed, ...(dataDir !== undefined && { dataDir }) };
}

/** Settings to compare: all but the place of the data. */
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
    done < total && durations.length > 0 ? `, about ${formatClock(mean * (total - done))} left` : '';
  return `${done} of ${total} done${left}`;
}
