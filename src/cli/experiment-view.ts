// Experiments as text: the list of them, and figures beside the book's.
import {
  type Advantage,
  type BookFigures,
  comparisons,
  type Experiment,
  experiments,
  type Figures,
  type Setting,
} from '../experiments/index.ts';
import { heading } from './output.ts';
import { type Column, formatTable } from './table.ts';
import { optionOf } from './train-choice.ts';

/** An experiment that was run. */
export interface Outcome {
  readonly title: string;
  readonly note: string;
  readonly setting: Setting;
  readonly book: BookFigures;
  readonly ours: Figures;
  readonly verdict: string;
}

/** One of the two experiments of a comparison. */
export interface Part {
  readonly name: string;
  readonly setting: Setting;
  readonly book: BookFigures;
  readonly ours: Figures;
}

interface ComparisonOutcome {
  readonly title: string;
  readonly note: string;
  readonly book: BookFigures;
  readonly ours: Advantage;
  readonly parts: readonly Part[];
  readonly verdict: string;
}

/** What there is to run; the JSON of `fovea experiment`. */
export function listed(): object[] {
  const single = Object.entries<Experiment>(experiments).map(([name, { title, book, seeds, setting }]) => ({
    name,
    title,
    seeds,
    setting,
    book,
  }));
  const compared = Object.entries(comparisons).map(([name, { title, seeds }]) => ({ name, title, seeds }));
  return [...single, ...compared];
}

export function formatList(): string {
  const right = 'right' as const;
  const columns = [
    { title: 'name' },
    { title: 'what' },
    { title: 'seeds', align: right },
    { title: 'book', align: right },
  ];
  const single = Object.entries<Experiment>(experiments).map(([name, { title, seeds, book }]) => [
    name,
    title,
    String(seeds),
    decimal(book.accuracy),
  ]);
  const compared = Object.entries(comparisons).map(([name, { title, seeds }]) => [
    name,
    title,
    String(seeds),
    '',
  ]);
  return formatTable(columns, [...single, ...compared]);
}

export function formatExperiment({ title, note, setting, book, ours, verdict }: Outcome): string {
  return [
    `\n${heading(title)}\n${note}\nBy hand: ${commandOf(setting)}`,
    formatRuns(ours),
    formatRows([
      ['ours', ours],
      ['book', book],
    ]),
    verdict,
  ].join('\n\n');
}

export function formatComparison({ title, note, ours, parts, verdict }: ComparisonOutcome): string {
  const commands = parts.map(({ name, setting }) => `${name}: ${commandOf(setting)}`);
  const rows = parts.flatMap(({ name, ours: own, book }): [string, Figures | BookFigures][] => [
    [name, own],
    [`${name}, book`, book],
  ]);
  return [
    `\n${heading(title)}\n${note}\n${commands.join('\n')}`,
    formatPairs(ours, parts),
    formatRows(rows),
    verdict,
  ].join('\n\n');
}

function formatRuns({ runs }: Figures): string {
  const columns = numbers(['seed', 'accuracy', '95 % interval', 'loss', 'seconds']);
  const rows = runs.map(({ seed, accuracy, interval, loss, seconds }) => [
    String(seed),
    decimal(accuracy),
    formatInterval(interval),
    decimal(loss),
    seconds.toFixed(1),
  ]);
  return formatTable(columns, rows);
}

function formatPairs({ runs }: Advantage, parts: readonly Part[]): string {
  const columns = numbers(['seed', ...parts.map(({ name }) => name), 'difference']);
  const rows = runs.map(({ seed, first, second, difference }) => [
    String(seed),
    decimal(first),
    decimal(second),
    decimal(difference),
  ]);
  return formatTable(columns, rows);
}

function formatRows(rows: readonly (readonly [string, Figures | BookFigures])[]): string {
  const columns = [{ title: '' }, ...numbers(['accuracy', 'std', 'range', '95 % interval', 'loss'])];
  return formatTable(
    columns,
    rows.map(([name, figures]) =>
      'mean' in figures
        ? [
            name,
            decimal(figures.mean),
            decimal(figures.std ?? undefined),
            formatInterval([figures.min, figures.max]),
            formatInterval(figures.interval),
            decimal(figures.loss),
          ]
        : [name, decimal(figures.accuracy), '', '', '', decimal(figures.loss)],
    ),
  );
}

function numbers(titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

function formatInterval([low, high]: readonly [number, number]): string {
  return `${decimal(low)} to ${decimal(high)}`;
}

function decimal(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

/** The command that trains one seed of the experiment. */
function commandOf({ model, ...setting }: Setting): string {
  const options = Object.entries(setting).flatMap(([key, value]) => {
    const values = key === 'option' ? (value as readonly string[]) : [String(value)];
    return values.map((own) => `${optionOf(key)} ${own}`);
  });
  return ['fovea train', model, ...options].join(' ');
}
