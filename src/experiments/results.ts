// The figures of an experiment over its seeds, and of a comparison over its pairs.

import { UsageError } from '../base/errors.ts';
import { sampleStatistics, signTest, studentTest } from '../metrics/index.ts';
import type { SeedRun } from './seed-run.ts';

export interface ExperimentResult {
  /** Of the accuracies, as are the following. */
  readonly mean: number;
  /** Null with one seed. */
  readonly std: number | null;
  readonly min: number;
  readonly max: number;
  /** 95 % interval: of the mean over seeds (Student), or of the accuracy of the only one (Wilson). */
  readonly interval: readonly [low: number, high: number];
  readonly intervalOf: 'mean over seeds' | 'single run';
  /** Mean of the losses. */
  readonly loss: number;
  readonly runs: readonly SeedRun[];
}

/** @param runs at least one */
export function experimentResult(runs: readonly SeedRun[]): ExperimentResult {
  const { mean, std = null, min, max, interval } = sampleStatistics(runs.map(({ accuracy }) => accuracy));
  const loss = sampleStatistics(runs.map((run) => run.loss)).mean;
  const uncertainty = interval
    ? { interval: withinShares(interval), intervalOf: 'mean over seeds' as const }
    : { interval: runs[0].interval, intervalOf: 'single run' as const };
  return { mean, std, min, max, ...uncertainty, loss, runs };
}

/** Student's interval knows nothing of shares ending at 0 and 1. */
function withinShares([low, high]: readonly [number, number]): [low: number, high: number] {
  return [Math.max(0, low), Math.min(1, high)];
}

/** By how much the accuracy of the first experiment is above that of the second. */
export interface PairedDifference {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** 95 % interval of the mean (Student). */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided p of there being no difference. */
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
    // Shares of the same images: their difference is a whole number of images.
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
  if (std === undefined || !interval) throw tooFewSeeds(runs.length);
  const p = { student: studentTest(spread)!, sign: signTest(differences) };
  return { mean, std, min, max, interval, p, runs };
}

/** What a comparison of so many seeds is told. */
export function tooFewSeeds(seeds: number): UsageError {
  return new UsageError(`a comparison of ${seeds} seed(s) tells nothing of chance; take --seeds 2 or more.`);
}
