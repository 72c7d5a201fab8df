// The verdict on dataset shift: its level, and what differs.
import type { ClassComparison } from './classes.ts';
import type { Distance } from './frechet.ts';
import type { StatisticDifference } from './statistics.ts';
import type { TwoSampleTest } from './two-sample.ts';

/**
 * Level of shift by the accuracy of the two-sample test: `same` if its 95% CI includes 0.5, otherwise `slightly` different below
 * 0.65, `clearly` below 0.95, and `entirely` from 0.95. Also `slightly` if the CI includes 0.5, but the Fréchet distance exceeds
 * that within the reference in all draws, and is at least 1.5 times as large on average.
 */
export type Level = 'same' | 'slightly' | 'clearly' | 'entirely';

export interface Verdict {
  readonly level: Level;
  /** How the target differs, largest difference first: words such as `brighter`, and `different in class proportions`. */
  readonly differs: readonly string[];
}

const CLEARLY = 0.65;
const ENTIRELY = 0.95;
const MIN_RATIO = 1.5;
/** Statistics with at least this standardized difference are named, up to a limit. */
const MIN_DIFFERENCE = 0.5;
const MAX_NAMED = 4;
/** Class proportions are named from this total variation distance, if it is also this multiple of the expected one. */
const MIN_CLASS_SHIFT = 0.1;
const MIN_CLASS_RATIO = 2;

export function formVerdict(
  test: TwoSampleTest,
  distance: Distance,
  statistics: readonly StatisticDifference[],
  classes: ClassComparison,
): Verdict {
  const level = shiftLevel(test, distance);
  return { level, differs: level === 'same' ? [] : differences(statistics, classes) };
}

function shiftLevel({ accuracy, interval }: TwoSampleTest, { beyondChance, ratio = 1 }: Distance): Level {
  if (interval[0] <= 0.5) return beyondChance && ratio >= MIN_RATIO ? 'slightly' : 'same';
  if (accuracy < CLEARLY) return 'slightly';
  return accuracy < ENTIRELY ? 'clearly' : 'entirely';
}

function differences(
  statistics: readonly StatisticDifference[],
  { sharesMoved = 0, sharesMovedByChance = 0 }: ClassComparison,
): string[] {
  const size = ({ difference }: StatisticDifference) => Math.abs(difference ?? Number.POSITIVE_INFINITY);
  const words = statistics
    .filter((statistic) => size(statistic) >= MIN_DIFFERENCE)
    .sort((a, b) => size(b) - size(a) || 0)
    .slice(0, MAX_NAMED)
    .map(({ word }) => word);
  return sharesMoved >= Math.max(MIN_CLASS_SHIFT, MIN_CLASS_RATIO * sharesMovedByChance)
    ? [...words, 'different in class proportions']
    : words;
}
