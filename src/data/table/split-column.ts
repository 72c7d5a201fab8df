// Detects the splits of a table: a column of words (train, valid, test; Training, PublicTest, PrivateTest), or a flag such as
// is_valid.
import { DataError } from '../../base/errors.ts';
import type { SplitName } from '../dataset.ts';
import { parseSplitName } from '../split.ts';
import type { Table } from './table.ts';

const SPLIT = /^(splits?|data_?split|part|partition|set|subset|data_?set|usage|phase|folds?|split_?name)$/;
const FLAG = /^is_?(train|valid|val|test)(ing|idation)?(_(image|set))?$/;
const TRUE = /^(1(\.0*)?|true|t|yes|y)$/i;
const FALSE = /^(0(\.0*)?|false|f|no|n)$/i;
/** The public and the private leaderboard of a competition. */
const BOARDS: Readonly<Record<string, SplitName>> = { publictest: 'valid', privatetest: 'test' };

export interface SplitChoice {
  /** Index of the column. */
  readonly column: number;
  /** The split of each row. */
  readonly splits: readonly SplitName[];
  /** Description for the notes. */
  readonly described: string;
}

/**
 * The splits of all rows; undefined if no column has them.
 * @param taken columns with another purpose
 * @param requested name or number of a column; `COLUMN=VALUE`, whose rows are for validation; or `none`
 * @param note called with a note about a column with a usual name, but without splits
 * @throws DataError if a row has no split or an unknown one, or several columns have splits
 */
export function chooseSplits(
  table: Table,
  taken: readonly number[],
  requested: string | undefined,
  note: (text: string) => void,
): SplitChoice | undefined {
  if (requested !== undefined) return splitsNamed(table, requested);
  const free = table.columns.filter((column) => !taken.includes(column));
  const usual = free.filter((column) => hasUsualName(table, column) && tells(table, column));
  for (const column of free.filter((column) => hasUsualName(table, column) && !tells(table, column))) {
    note(
      `${table.title(column)} does not contain train, valid or test and is not used; --split-column ` +
        `${table.optionName(column)}=VALUE uses the lines with VALUE for validation.`,
    );
  }
  const columns =
    table.names.length > 0 || free.length < 2 ? usual : free.filter((own) => isMostlySplits(table, own));
  const [column, ...others] = columns;
  if (column === undefined) return undefined;
  if (others.length === 0) return splitsIn(table, column);
  throw new DataError(
    `${table.path}: the splits may be in ${columns.map((own) => table.title(own)).join(' or ')}; choose by --split-column ` +
      `${table.optionName(column)}, or --split-column none to split at random.`,
  );
}

function splitsNamed(table: Table, requested: string): SplitChoice | undefined {
  const column = table.find(requested);
  if (column !== undefined) return splitsIn(table, column);
  if (requested.toLowerCase() === 'none') return undefined;
  const at = requested.lastIndexOf('=');
  if (at === -1) table.require(requested, '--split-column');
  return validWhere(
    table,
    table.require(requested.slice(0, at), '--split-column'),
    requested.slice(at + 1).trim(),
  );
}

/** Rows with `value` are for validation, all others for training. */
function validWhere(table: Table, column: number, value: string): SplitChoice {
  const values = table.values(column);
  if (!values.includes(value)) {
    const present = [...new Set(values)];
    throw new DataError(
      `${table.path}: no line has "${value}" in ${table.title(column)}; it has ${present.slice(0, 10).join(', ')}` +
        `${present.length > 10 ? ', ...' : ''}.`,
    );
  }
  const splits = values.map((own) => (own === value ? 'valid' : 'train'));
  return {
    column,
    splits,
    described: `splits from ${table.title(column)} (${value} is valid, others are train)`,
  };
}

function hasUsualName(table: Table, column: number): boolean {
  const name = table.plainName(column);
  return SPLIT.test(name) || FLAG.test(name);
}

function tells(table: Table, column: number): boolean {
  return FLAG.test(table.plainName(column))
    ? table.values(column).every((value) => TRUE.test(value) || FALSE.test(value))
    : table.values(column).some((value) => splitOfWord(value) !== undefined);
}

/** Without a header, a class named train must not pass as a split. */
function isMostlySplits(table: Table, column: number): boolean {
  const values = table.values(column);
  return 2 * values.filter((value) => splitOfWord(value) !== undefined).length >= values.length;
}

function splitOfWord(text: string): SplitName | undefined {
  const plain = text.toLowerCase().replace(/[\s_-]/g, '');
  return Object.hasOwn(BOARDS, plain) ? BOARDS[plain] : parseSplitName(text);
}

function splitsIn(table: Table, column: number): SplitChoice {
  const values = table.values(column);
  const flag = FLAG.exec(table.plainName(column))?.[1];
  const read = flag !== undefined && tells(table, column) ? flagReader(flag) : splitOfWord;
  const splits = values.map((value, row) => read(value) ?? refuse(table, row, value));
  const pairs = new Map(values.map((value, row) => [value, splits[row]]));
  const meaning = [...pairs]
    .map(([value, split]) => (value === split ? value : `${value} is ${split}`))
    .join(', ');
  return { column, splits, described: `splits from ${table.title(column)} (${meaning})` };
}

/** Rows outside of valid or test are for training; rows outside of train are for test. */
function flagReader(flag: string): (value: string) => SplitName {
  const split = flag === 'train' ? 'train' : flag === 'test' ? 'test' : 'valid';
  const other = split === 'train' ? 'test' : 'train';
  return (value) => (TRUE.test(value) ? split : other);
}

function refuse(table: Table, row: number, value: string): never {
  const { line } = table.rows[row];
  throw new DataError(
    value === ''
      ? `${table.path}: line ${line} has no split; fill it in or remove the line.`
      : `${table.path}: line ${line} has the split "${value}"; expected train, valid or test.`,
  );
}
