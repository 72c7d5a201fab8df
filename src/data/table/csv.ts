// Tables of text: comma-, semicolon- or tab-separated values (RFC 4180).
import { DataError } from '../../base/errors.ts';
import { isImageName } from '../file-dataset.ts';
import { readText } from './text.ts';

const DELIMITERS = [',', ';', '\t'];

export interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Not trimmed. */
  readonly cells: readonly string[];
}

/**
 * The rows of a table, including the first line; empty lines are skipped. The delimiter is the most frequent one in the first
 * line; a space for lists such as `dog/1.jpg 0` without any other delimiter.
 * @param encoding see `readText`
 * @throws DataError if the file cannot be read, is not text, is in another encoding, or a quotation mark is not closed
 */
export async function readRows(path: string, encoding?: string): Promise<Row[]> {
  return parseRows(await readText(path, encoding), path);
}

/** @param name what messages call the table */
export function parseRows(text: string, name: string): Row[] {
  const delimiter = delimiterOf(text.slice(0, text.search(/[\r\n]|$/)));
  const rows: Row[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const row = parseRow(text, at, delimiter);
    if (!row) throw new DataError(`${name}: line ${line} has a quotation mark that is not closed; close it.`);
    if (row.cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells: row.cells });
    line += lineBreaks(text, at, row.end);
    at = row.end;
  }
  return rows;
}

function delimiterOf(firstLine: string): string {
  const bare = firstLine.replace(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  const most = Math.max(...counts);
  const [first = '', ...others] = bare.trim().split(' ');
  if (most === 1 && others.length > 0 && isImageName(first)) return ' ';
  return DELIMITERS[counts.indexOf(most)];
}

/** The cells from `start` on, and the start of the next row; undefined if a quotation mark is not closed. */
function parseRow(
  text: string,
  start: number,
  delimiter: string,
): { cells: string[]; end: number } | undefined {
  const cells: string[] = [];
  for (let at = start; ; ) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    if (!cell) return undefined;
    cells.push(cell.value);
    const after = text[cell.end];
    if (after === delimiter) at = cell.end + 1;
    else return { cells, end: cell.end + (text.startsWith('\r\n', cell.end) ? 2 : 1) };
  }
}

interface Cell {
  readonly value: string;
  readonly end: number;
}

function plainCell(text: string, start: number, delimiter: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
  return { value: text.slice(start, end), end };
}

/** `"a ""quoted"" cell"`; text between its end and the next delimiter is ignored. */
function quotedCell(text: string, start: number): Cell | undefined {
  let value = '';
  for (let from = start + 1; ; ) {
    const close = text.indexOf('"', from);
    if (close === -1) return undefined;
    value += text.slice(from, close);
    if (text[close + 1] !== '"') return { value, end: close + 1 };
    value += '"';
    from = close + 2;
  }
}

function lineBreaks(text: string, start: number, end: number): number {
  return text.slice(start, end).match(/\r\n|\r|\n/g)?.length ?? 0;
}

/**
 * The index of the column with one of these names, in any case.
 * @throws DataError that lists the columns if there is none
 */
export function columnOf(header: Row, names: readonly string[], table: string): number {
  const place = optionalColumn(header, names);
  if (place !== -1) return place;
  throw new DataError(
    `${table}: has the columns ${header.cells.join(', ')}; expected one named ${names.join(' or ')}.`,
  );
}

/** Like `columnOf`, but -1 if there is none. */
export function optionalColumn(header: Row, names: readonly string[]): number {
  return header.cells.findIndex((cell) => names.includes(cell.trim().toLowerCase()));
}
