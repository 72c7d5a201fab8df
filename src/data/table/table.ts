// A table with its columns, by name if it has a header, else by number from 1.
import { DataError } from '../../base/errors.ts';
import type { Row } from './csv.ts';

export class Table {
  /** Its name in messages. */
  readonly path: string;
  /** Trimmed; empty if there is no header. */
  readonly names: readonly string[];
  readonly rows: readonly Row[];
  readonly width: number;

  constructor(path: string, rows: readonly Row[], hasHeader: boolean) {
    this.path = path;
    this.width = rows[0]?.cells.length ?? 0;
    this.names = hasHeader ? rows[0].cells.map((cell) => cell.trim()) : [];
    this.rows = hasHeader ? rows.slice(1) : rows;
  }

  get columns(): number[] {
    return Array.from({ length: this.width }, (_, column) => column);
  }

  /** In lower case, words joined by `_`: `Finding Labels` is `finding_labels`. */
  plainName(column: number): string {
    return (this.names[column] ?? '').toLowerCase().replace(/[\s-]+/g, '_');
  }

  /** Name of a column in messages. */
  title(column: number): string {
    const name = this.names[column];
    return name ? `column "${name}"` : `column ${column + 1}`;
  }

  /** Name of a column in an option. */
  optionName(column: number): string {
    const name = this.names[column] || String(column + 1);
    return /^[\w.-]+$/.test(name) ? name : `"${name}"`;
  }

  /** The values of a column, trimmed; empty if a row has none. */
  values(column: number): string[] {
    return this.rows.map(({ cells }) => cells[column]?.trim() ?? '');
  }

  /**
   * The column with this name, in any case, or this number from 1; undefined if there is none.
   */
  find(text: string): number | undefined {
    const names = this.names.map((name) => name.toLowerCase());
    const exact = this.names.indexOf(text.trim());
    const named = exact === -1 ? names.indexOf(text.trim().toLowerCase()) : exact;
    if (named !== -1) return named;
    const number = /^\d+$/.test(text.trim()) ? Number(text) : 0;
    return number >= 1 && number <= this.width ? number - 1 : undefined;
  }

  /** Like `find`. @throws DataError that lists the columns if there is none */
  require(text: string, option: string): number {
    const column = this.find(text);
    if (column !== undefined) return column;
    throw new DataError(`${this.path}: has no column "${text}" for ${option}; it has ${this.listed()}.`);
  }

  /** The columns, for messages. */
  listed(): string {
    if (this.names.length === 0) return `${this.width} columns without names (1 to ${this.width})`;
    const shown = this.names.slice(0, 12).map((name, column) => name || `(column ${column + 1})`);
    const more = this.width > shown.length ? ` and ${this.width - shown.length} more` : '';
    return `the columns ${shown.join(', ')}${more}`;
  }

  /** `3 lines (7, 8, 12)`, for rows by index. */
  linesOf(indices: readonly number[]): string {
    const lines = indices.slice(0, 3).map((index) => this.rows[index].line);
    const more = indices.length > lines.length ? ', ...' : '';
    return indices.length === 1 ? `line ${lines[0]}` : `${indices.length} lines (${lines.join(', ')}${more})`;
  }
}
