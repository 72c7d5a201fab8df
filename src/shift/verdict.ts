// How different two sets are, in one word, and in what.
import type { ClassComparison } from './classes.ts';
import type { Distance } from './frechet.ts';
import type { StatisticDifference } from './statistics.ts';
import type { TwoSampleTest } from './two-sample.ts';

/**
 * By the accuracy of the two-sample test: `same` where 0.5 lies in its interval, `slightly` different below 0.65, `clearly`
 * below 0.95, `entirely` from there on. Where the test finds nothing but the distance is beyond chance in every draw and
 * 1.5 times chance, `slightly`.
 */
export type Level = 'same' | 'slightly' | 'clearly' | 'entirely';

export interface Verdict {
  readonly level: Level;
  /** In what the target differs, most first: words for figures, and `in the shares of the classes`. */
  readonly differs: readonly string[];
}

const CLEAR = 0.65;
const ENTIRE = 0.95;
const BEYOND = 1.5;
/** Standardised difference from which a figure is named, and how many are. */
const NAMED = 0.5;
const MOST_NAMED = 4;
/** Share that would have to move to other classes from which this is named, if it also is so many times what chance does. */
const SHARES_NAMED = 0.1;
const SHARES_BEYOND = 2;

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
  if (interval[0] <= 0.5) return beyondChance && ratio >= BEYOND ? 'slightly' : 'same';
  if (accuracy < CLEAR) return 'slightly';
  return accuracy < ENTIRE ? 'clearly' : 'entirely';
}

function differences(
  statistics: readonly StatisticDifference[],
  { sharesMoved = 0, sharesMovedByChance = 0 }: ClassComparison,
): string[] {
  const size = ({ difference }: StatisticDifference) => Math.abs(difference ?? Number.POSITIVE_INFINITY);
  const words = statistics
    .filter((statistic) => size(statistic) >= NAMED)
    .sort((a, b) => size(b) - size(a) || 0)
    .slice(0, MOST_NAMED)
    .map(({ word }) => word);
  return sharesMoved >= Math.max(SHARES_NAMED, SHARES_BEYOND * sharesMovedByChance)
    ? [...words, 'in the shares of the classes']
    : words;
}
