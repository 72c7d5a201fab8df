// What the figures say, in plain words.
import { wilsonInterval } from '../metrics/index.ts';
import type { Comparison, PublishedResult } from './experiment.ts';
import type { ExperimentResult, PairedDifference } from './results.ts';

/** Two-sided p from which on chance is taken for an explanation. */
const DOUBT = 0.05;

/** Whether ours is at least as good as the book's, and how sure that is. */
export function resultVerdict({ mean, interval, runs }: ExperimentResult, book: PublishedResult): string {
  const { count } = runs[0];
  const single = runs.length === 1;
  const what = single ? `One run gives ${share(mean)}` : `The mean of ${runs.length} seeds is ${share(mean)}`;
  const own = `${what} (95 % interval ${range(interval)})`;
  const reach = single
    ? `The interval is of ${count} images; other seeds may differ by more: take --seeds 5.`
    : `The interval is of what the seed changes; all runs were judged by the same ${count} images.`;
  const { accuracy } = book;
  if (accuracy === undefined) return `${own}; the book has no figure to compare it with. ${reach}`;
  const answer = `At least as good as the book's ${share(accuracy)}? ${compare(mean, interval, accuracy)}`;
  return `${answer} ${own}. ${reach}${doubtOf(book, mean)}`;
}

function compare(mean: number, [low, high]: ExperimentResult['interval'], accuracy: number): string {
  if (low >= accuracy) return 'Yes: the whole interval is above it.';
  if (high < accuracy) return 'No: the whole interval is below it.';
  return mean >= accuracy
    ? 'Probably: ours is no lower, but the interval reaches below it.'
    : 'Not shown: ours is lower, but the interval reaches above it.';
}

/** How far the book's own figure is to be trusted, and whether that makes room for ours. */
function doubtOf({ accuracy, count }: PublishedResult, mean: number): string {
  if (accuracy === undefined || count === undefined) return '';
  const [low, high] = wilsonInterval(accuracy * count, count);
  const place = low <= mean && mean <= high ? 'ours is within' : 'ours is outside';
  return ` The book's figure is one run on ${count} images, which alone leaves ${range([low, high])}: ${place}.`;
}

/** Whether what the first experiment has helps, and how sure that is. */
export function comparisonVerdict(
  { mean, interval: [low, high], p, runs }: PairedDifference,
  { subject, first, second }: Comparison,
): string {
  const answer = p.student >= DOUBT ? 'that is not shown' : mean > 0 ? 'yes, it does' : 'no, it does harm';
  const counted = (sign: number) => runs.filter(({ difference }) => Math.sign(difference) === sign).length;
  return (
    `Does ${subject} help? With these settings ${answer}: over ${runs.length} seeds the accuracy of ${first} is that of ` +
    `${second} ${signed(mean)} in the mean (95 % interval ${signed(low)} to ${signed(high)}); it is better with ${counted(1)} ` +
    `seeds, worse with ${counted(-1)}, equal with ${counted(0)}. Were there no difference, chance would bring one as large ` +
    `with p = ${probability(p.student)} (Student's t, paired) or ${probability(p.sign)} (sign test)${agreement(p)}.`
  );
}

function agreement({ student, sign }: PairedDifference['p']): string {
  const apart = student < DOUBT !== sign < DOUBT;
  return apart ? '; the two tests do not agree, so take more seeds' : '';
}

/** `0.9065` */
function share(value: number): string {
  return value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${share(Math.abs(value))}`;
}

function range([low, high]: readonly [number, number]): string {
  return `${share(low)} to ${share(high)}`;
}

function probability(p: number): string {
  return p < 0.0001 ? 'less than 0.0001' : p.toPrecision(2);
}
