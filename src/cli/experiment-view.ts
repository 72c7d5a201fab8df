// Experiments as text: their list, and results beside the published ones.

import { formatFlag, formatInterval } from '../base/text.ts';
import {
  type Comparison,
  comparisons,
  type Experiment,
  type ExperimentResult,
  experiments,
  type PairedDifference,
  type PublishedResult,
  type Setting,
} from '../experiments/index.ts';
import { heading } from './output.ts';
import { type Column, formatTable, numberColumns } from './table.ts';

/** An experiment that was run. */
export interface Outcome {
  readonly title: string;
  readonly note: string;
  readonly setting: Setting;
  readonly book: PublishedResult;
  readonly ours: ExperimentResult;
  readonly verdict: string;
}

/** One of the two experiments of a comparison. */
export interface Part {
  readonly name: string;
  readonly setting: Setting;
  readonly book: PublishedResult;
  readonly ours: ExperimentResult;
}

interface ComparisonOutcome {
  readonly title: string;
  readonly note: string;
  readonly book: PublishedResult;
  readonly ours: PairedDifference;
  readonly parts: readonly Part[];
  readonly verdict: string;
}

/** All experiments; the JSON of `fovea experiment` without a name. */
export function listExperiments(): Listed[] {
  const all: Record<string, Experiment | Comparison> = { ...experiments, ...comparisons };
  return Object.entries(all).map(([name, row]) => {
    const { title, seeds, book } = row;
    return { name, title, seeds, ...('setting' in row && { setting: row.setting }), book };
  });
}

interface Listed extends Pick<Experiment, 'title' | 'seeds' | 'book'> {
  readonly name: string;
  /** Undefined for a comparison. */
  readonly setting?: Setting;
}

export function formatExperimentList(): string {
  const columns: Column[] = [
    { title: 'name' },
    { title: 'description' },
    ...numberColumns(['seeds', 'published accuracy']),
  ];
  const rows = listExperiments().map(({ name, title, seeds, book, setting }) => {
    const difference = setting ? '' : '+';
    return [name, title, String(seeds), `${difference}${decimal(book.accuracy)}`];
  });
  return formatTable(columns, rows);
}

export function formatExperiment({ title, note, setting, book, ours, verdict }: Outcome): string {
  return [
    `\n${heading(title)}\n${note}\nCommand: ${commandOf(setting)}`,
    formatRuns(ours),
    formatRows([
      ['ours', ours],
      ['published', book],
    ]),
    verdict,
  ].join('\n\n');
}

export function formatComparison({ title, note, ours, parts, verdict }: ComparisonOutcome): string {
  const commands = parts.map(({ name, setting }) => `${name}: ${commandOf(setting)}`);
  const rows = parts.flatMap(({ name, ours: own, book }): [string, ExperimentResult | PublishedResult][] => [
    [name, own],
    [`${name}, published`, book],
  ]);
  return [
    `\n${heading(title)}\n${note}\n${commands.join('\n')}`,
    formatPairs(ours, parts),
    formatRows(rows),
    verdict,
  ].join('\n\n');
}

function formatRuns({ runs }: ExperimentResult): string {
  const columns = numberColumns(['seed', 'accuracy', '95% CI', 'loss', 'seconds']);
  const rows = runs.map(({ seed, accuracy, interval, loss, seconds }) => [
    String(seed),
    decimal(accuracy),
    formatInterval(interval),
    decimal(loss),
    seconds.toFixed(1),
  ]);
  return formatTable(columns, rows);
}

function formatPairs({ runs }: PairedDifference, parts: readonly Part[]): string {
  const columns = numberColumns(['seed', ...parts.map(({ name }) => name), 'difference']);
  const rows = runs.map(({ seed, first, second, difference }) => [
    String(seed),
    decimal(first),
    decimal(second),
    decimal(difference),
  ]);
  return formatTable(columns, rows);
}

function formatRows(rows: readonly (readonly [string, ExperimentResult | PublishedResult])[]): string {
  const columns = [{ title: '' }, ...numberColumns(['accuracy', 'std', 'range', '95% CI', 'loss'])];
  return formatTable(
    columns,
    rows.map(([name, metrics]) => [
      name,
      ...('mean' in metrics ? ownCells(metrics) : publishedCells(metrics)),
    ]),
  );
}

function ownCells({ mean, std, min, max, interval, loss }: ExperimentResult): string[] {
  const spread = std === null ? ['', ''] : [decimal(std), formatInterval([min, max])];
  return [decimal(mean), ...spread, formatInterval(interval), decimal(loss)];
}

function publishedCells({ accuracy, loss }: PublishedResult): string[] {
  return [decimal(accuracy), '', '', '', decimal(loss)];
}

function decimal(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

/** The command that trains one seed of the experiment. */
function commandOf({ model, ...setting }: Setting): string {
  const options = Object.entries(setting).flatMap(([key, value]) => {
    const values = key === 'option' ? (value as readonly string[]) : [String(value)];
    return values.map((own) => `${formatFlag(key)} ${own}`);
  });
  return ['fovea train', model, ...options].join(' ');
}
