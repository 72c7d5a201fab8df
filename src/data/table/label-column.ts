// Detects the labels of a table: one column of names, or one-hot columns of 0 and 1.
import { DataError } from '../../base/errors.ts';
import { formatList } from '../../base/text.ts';
import type { Table } from './table.ts';

const LABEL =
  /^(labels?|class(es)?|class_?(name|id|label)s?|(label|category|target)_?(name|id)s?|category|target|species|breed|dx|diagnosis|finding(_label)?s?|emotion)$/;
const TRUE_OR_FALSE = /^([01](\.0*)?|true|false)$/i;
const TRUE = /^(1(\.0*)?|true)$/i;
/** Maximum number of classes in a message. */
const NAMED = 3;

export interface LabelChoice {
  /** The labels as written, not trimmed. */
  readonly labels: readonly string[];
  /** Description for the notes. */
  readonly described: string;
}

export interface LabelOptions {
  /** Name or number of the column, or several one-hot columns, separated by commas. */
  readonly labelColumn?: string | undefined;
  readonly labels?: 'required' | 'optional' | undefined;
}

/**
 * The labels of all rows; undefined if there are none and they are optional.
 * @param taken columns with another purpose
 * @throws DataError if the columns of labels cannot be detected, or rows have no class or several
 */
export function chooseLabels(
  table: Table,
  taken: readonly number[],
  options: LabelOptions,
): LabelChoice | undefined {
  const { labelColumn } = options;
  if (labelColumn !== undefined) return labelsIn(table, columnsNamed(table, labelColumn));
  const all = table.columns.filter((column) => !taken.includes(column));
  const proper = all.filter((column) => !isIndex(table, column));
  const free = proper.length > 0 ? proper : all;
  const usual = free.filter((column) => LABEL.test(table.plainName(column)));
  if (usual.length > 0) return labelsIn(table, [chooseOne(table, usual)]);
  const flags = free.filter((column) => table.values(column).every((value) => TRUE_OR_FALSE.test(value)));
  const isOneHot = flags.length === free.length || (table.names.length > 0 && areOneHot(table, flags));
  if (flags.length > 1 && isOneHot) return labelsIn(table, flags);
  const [only, ...others] = free;
  if (only !== undefined && others.length === 0 && repeats(table, only)) return labelsIn(table, [only]);
  if (options.labels === 'optional') return undefined;
  throw noLabels(table, free);
}

function columnsNamed(table: Table, text: string): readonly number[] {
  const whole = table.find(text);
  if (whole !== undefined || !text.includes(',')) return [table.require(text, '--label-column')];
  return text.split(',').map((part) => table.require(part.trim(), '--label-column'));
}

function labelsIn(table: Table, columns: readonly number[]): LabelChoice {
  if (columns.length > 1) return oneHot(table, columns);
  const [column] = columns;
  const labels = table.rows.map(({ cells }) => cells[column] ?? '');
  const empty = [...labels.keys()].filter((index) => labels[index].trim() === '');
  if (empty.length === 0) return { labels, described: `labels from ${table.title(column)}` };
  throw new DataError(
    `${table.path}: ${table.linesOf(empty)} ${empty.length === 1 ? 'has' : 'have'} no label in ${table.title(column)}; ` +
      'fill it in or remove the line.',
  );
}

function oneHot(table: Table, columns: readonly number[]): LabelChoice {
  const values = columns.map((column) => table.values(column));
  const wrong = columns.findIndex((_, i) => !values[i].every((value) => TRUE_OR_FALSE.test(value)));
  if (wrong !== -1) {
    const row = values[wrong].findIndex((value) => !TRUE_OR_FALSE.test(value));
    throw new DataError(
      `${table.path}: line ${table.rows[row].line} has "${values[wrong][row]}" in ${table.title(columns[wrong])}; ` +
        'one-hot label columns must have 1 for the class of the image and 0 otherwise.',
    );
  }
  const classesOf = table.rows.map((_, row) => columns.filter((_, i) => TRUE.test(values[i][row])));
  checkOneEach(table, classesOf);
  const name = (column: number) => table.names[column] || String(column + 1);
  return {
    labels: classesOf.map(([column]) => name(column)),
    described: `labels from the ${columns.length} one-hot columns ${formatList(columns.map(name))}`,
  };
}

function checkOneEach(table: Table, classesOf: readonly (readonly number[])[]): void {
  const rows = (isWrong: (count: number) => boolean) =>
    [...classesOf.keys()].filter((row) => isWrong(classesOf[row].length));
  const [none, several] = [rows((count) => count === 0), rows((count) => count > 1)];
  if (none.length === 0 && several.length === 0) return;
  const faults = [
    ...(none.length > 0 ? [`${table.linesOf(none)} with no class`] : []),
    ...(several.length > 0 ? [`${table.linesOf(several)} with several`] : []),
  ];
  throw new DataError(
    `${table.path}: its one-hot columns have ${faults.join(' and ')}, but each image needs exactly one class; remove these ` +
      'lines, or name the columns of mutually exclusive classes: --label-column A,B,C (or one column).',
  );
}

/** Whether most rows have exactly one 1. */
function areOneHot(table: Table, columns: readonly number[]): boolean {
  const values = columns.map((column) => table.values(column));
  const single = table.rows.filter((_, row) => values.filter((own) => TRUE.test(own[row])).length === 1);
  return 2 * single.length > table.rows.length;
}

/** The index that pandas writes: 0, 1, 2, ... without a name. */
function isIndex(table: Table, column: number): boolean {
  const name = table.plainName(column);
  if (name !== '' && !/^(index|unnamed.*)$/.test(name)) return false;
  const values = table.values(column);
  return values.length > 1 && values.every((value, i) => value === String(i + Number(values[0])));
}

function repeats(table: Table, column: number): boolean {
  const { size } = new Set(table.values(column));
  return size < table.rows.length || size <= 2;
}

/**
 * One of several columns with usual names of labels. If they are equivalent (numbers and names of classes), the one with
 * names.
 */
function chooseOne(table: Table, columns: readonly number[]): number {
  const [first, ...others] = columns;
  if (others.every((column) => areEquivalent(table.values(first), table.values(column)))) {
    const isText = (column: number) => table.values(column).some((value) => !/^[\d.+-]*$/.test(value));
    return columns.find(isText) ?? first;
  }
  const readings = columns.map((column) => {
    const classes = [...new Set(table.values(column))];
    return `${table.title(column)} (${classes.length} classes: ${formatList(classes, NAMED)}; --label-column ${table.optionName(column)})`;
  });
  throw new DataError(`${table.path}: the labels may be ${readings.join(' or ')}; choose one.`);
}

function areEquivalent(a: readonly string[], b: readonly string[]): boolean {
  const pairs = new Set(a.map((value, i) => `${value}\n${b[i]}`)).size;
  return pairs === new Set(a).size && pairs === new Set(b).size;
}

function noLabels(table: Table, free: readonly number[]): DataError {
  const found =
    free.length === 0
      ? 'has no column for labels'
      : `has ${table.listed()}, but none is recognized as labels`;
  return new DataError(
    `${table.path}: ${found}; name the column by --label-column NAME (or its number), or one-hot columns by --label-column A,B,C.`,
  );
}
