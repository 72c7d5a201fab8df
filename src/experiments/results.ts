// Results of an experiment over its seeds, and of a comparison over pairs of runs.

import { UsageError } from '../base/errors.ts';
import { sampleStatistics, signTest, studentTest } from '../metrics/index.ts';
import type { SeedRun } from './seed-run.ts';

export interface ExperimentResult {
  /** Mean accuracy over the seeds. */
  readonly mean: number;
  /** Standard deviation of the accuracy; null for one seed. */
  readonly std: number | null;
  readonly min: number;
  readonly max: number;
  /** 95% CI: of the mean over seeds (Student's t), or of the accuracy of a single run (Wilson). */
  readonly interval: readonly [low: number, high: number];
  readonly intervalOf: 'mean over seeds' | 'single run';
  /** Mean loss over the seeds. */
  readonly loss: number;
  readonly runs: readonly SeedRun[];
}

/** @param runs at least one */
export function experimentResult(runs: readonly SeedRun[]): ExperimentResult {
  const { mean, std = null, min, max, interval } = sampleStatistics(runs.map(({ accuracy }) => accuracy));
  const loss = sampleStatistics(runs.map((run) => run.loss)).mean;
  const uncertainty = interval
    ? { interval: clipToUnit(interval), intervalOf: 'mean over seeds' as const }
    : { interval: runs[0].interval, intervalOf: 'single run' as const };
  return { mean, std, min, max, ...uncertainty, loss, runs };
}

/** Student's interval can exceed the range of accuracies. */
function clipToUnit([low, high]: readonly [number, number]): [low: number, high: number] {
  return [Math.max(0, low), Math.min(1, high)];
}

/** Accuracy of the first experiment minus that of the second, over pairs of runs with the same seed. */
export interface PairedDifference {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** 95% CI of the mean (Student's t). */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided p-values for no difference: paired t-test and sign test. */
  readonly p: { readonly student: number; readonly sign: number };
  readonly runs: readonly Pair[];
}

interface Pair {
  readonly seed: number;
  readonly first: number;
  readonly second: number;
  readonly difference: number;
}

/** @throws UsageError unless there are at least two pairs */
export function pairedDifference(first: readonly SeedRun[], second: readonly SeedRun[]): PairedDifference {
  const runs = first.map(({ seed, accuracy, count }, i) => {
    const other = second[i].accuracy;
    // Both accuracies are of the same images, so the difference is an integer number of images.
    return {
      seed,
      first: accuracy,
      second: other,
      difference: Math.round((accuracy - other) * count) / count,
    };
  });
  const differences = runs.map(({ difference }) => difference);
  const spread = sampleStatistics(differences);
  const { mean, std, min, max, interval } = spread;
  const student = studentTest(spread);
  if (std === undefined || !interval || student === undefined) throw tooFewSeeds(runs.length);
  const p = { student, sign: signTest(differences) };
  return { mean, std, min, max, interval, p, runs };
}

/** The error for a comparison with fewer than two seeds. */
export function tooFewSeeds(seeds: number): UsageError {
  return new UsageError(
    `a comparison needs at least 2 seeds to estimate chance, got ${seeds}; use --seeds 2 or more.`,
  );
}
