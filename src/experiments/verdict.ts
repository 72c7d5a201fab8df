// Verdicts: what the results of experiments and comparisons mean, in words.
import { formatInterval } from '../base/text.ts';
import { wilsonInterval } from '../metrics/index.ts';
import type { Comparison, PublishedResult } from './experiment.ts';
import type { ExperimentResult, PairedDifference } from './results.ts';

/** Significance level. */
const ALPHA = 0.05;

/** Whether a result is at least as good as the published one, and how certain that is. */
export function resultVerdict({ mean, interval, runs }: ExperimentResult, book: PublishedResult): string {
  const { count } = runs[0];
  const single = runs.length === 1;
  const what = single
    ? `The accuracy of one run is ${format(mean)}`
    : `The mean accuracy of ${runs.length} seeds is ${format(mean)}`;
  const own = `${what} (95% CI ${formatInterval(interval)})`;
  const scope = single
    ? `The interval accounts for the ${count} test images only, not for the seed; use --seeds 5 to include it.`
    : `The interval accounts for the seed only; all runs were evaluated on the same ${count} images.`;
  const { accuracy } = book;
  if (accuracy === undefined) return `${own}; there is no published result to compare it with. ${scope}`;
  const answer = `At least as good as the published ${format(accuracy)}? ${compare(mean, interval, accuracy)}`;
  return `${answer} ${own}. ${scope}${publishedInterval(book, mean)}`;
}

function compare(mean: number, [low, high]: ExperimentResult['interval'], accuracy: number): string {
  if (low >= accuracy) return 'Yes: the whole interval is above it.';
  if (high < accuracy) return 'No: the whole interval is below it.';
  return mean >= accuracy
    ? 'Probably: the result is not lower, but its interval includes lower values.'
    : 'Not shown: the result is lower, but its interval includes the published value.';
}

/** How uncertain the published result itself is. */
function publishedInterval({ accuracy, count }: PublishedResult, mean: number): string {
  if (accuracy === undefined || count === undefined) return '';
  const [low, high] = wilsonInterval(accuracy * count, count);
  const position = low <= mean && mean <= high ? 'inside' : 'outside';
  return (
    ` The published result is one run on ${count} images (95% CI ${formatInterval([low, high])}); ` +
    `this result is ${position} that interval.`
  );
}

/** Whether what the first experiment has improves accuracy, and how certain that is. */
export function comparisonVerdict(
  { mean, interval: [low, high], p, runs }: PairedDifference,
  { subject, first, second }: Comparison,
): string {
  const direction = mean > 0 ? 'Yes, it increases accuracy.' : 'No, it decreases accuracy.';
  const answer = p.student < ALPHA ? direction : 'There is no significant difference.';
  const counted = (sign: number) => runs.filter(({ difference }) => Math.sign(difference) === sign).length;
  return (
    `Does ${subject} help? ${answer} With these settings and ${runs.length} seeds, the accuracy of ${first} minus that of ` +
    `${second} is ${formatSigned(mean)} on average (95% CI ${formatSigned(low)} to ${formatSigned(high)}). It is higher for ` +
    `${counted(1)} seeds, lower for ${counted(-1)} and equal for ${counted(0)}. The p-value is ` +
    `${formatProbability(p.student)} (paired t-test) or ${formatProbability(p.sign)} (sign test)${disagreement(p)}.`
  );
}

function disagreement({ student, sign }: PairedDifference['p']): string {
  const disagree = student < ALPHA !== sign < ALPHA;
  return disagree ? '; the two tests disagree, so use more seeds' : '';
}

/** `0.9065` */
function format(value: number): string {
  return value.toFixed(4);
}

/** `+0.0065` or `−0.0065` */
function formatSigned(value: number): string {
  return `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;
}

function formatProbability(p: number): string {
  return p < 0.0001 ? 'less than 0.0001' : p.toPrecision(2);
}
