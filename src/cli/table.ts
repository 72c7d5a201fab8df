// Text in columns, no wider than the terminal.

import { visible } from '../base/text.ts';
import { textWidth } from '../report/text.ts';
import { heading, terminalWidth } from './output.ts';

export interface Column {
  readonly title: string;
  /** Numbers are aligned right. */
  readonly align?: 'left' | 'right';
  /** Where long text is truncated: names with significant ends in the middle. */
  readonly cut?: 'end' | 'middle';
  /** Dropped if the columns do not fit. */
  readonly dispensable?: boolean;
}

/** Columns of numbers with these titles. */
export function numberColumns(titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

const gap = 2;
const leastWidth = 6;

/**
 * Rows below the column titles. If they do not fit `width`, dispensable columns are dropped, then the widest text columns are
 * truncated.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = terminalWidth(),
): string {
  const shown = columns.map((column) => ({ ...column, title: visible(column.title) }));
  const cells = rows.map((row) => row.map(visible));
  return layOut(shown, cells, width);
}

/** The smallest width at which columns of numbers are complete; text may be truncated. */
export function widthOfTable(columns: readonly Column[], rows: readonly (readonly string[])[]): number {
  const widths = columns.map(({ title, align }, i) => {
    const own = Math.max(
      ...[title, ...rows.map((row) => row[i] ?? '')].map((text) => textWidth(visible(text))),
    );
    return align === 'right' ? own : Math.min(own, leastWidth);
  });
  return totalOf(widths);
}

function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const titles = columns.map(({ title }) => title);
  const natural = columns.map((_, i) => Math.max(...[titles, ...rows].map((row) => textWidth(row[i] ?? ''))));
  if (width !== undefined && totalOf(natural) > width && columns.some(({ dispensable }) => dispensable)) {
    const kept = (_: unknown, i: number) => !columns[i].dispensable;
    const keptRows = rows.map((row) => row.filter(kept));
    return layOut(columns.filter(kept), keptRows, width);
  }
  const widths = width === undefined ? natural : fitted(natural, columns, width);
  const line = (cells: readonly string[]) =>
    columns
      .map((column, i) => padded(cut(cells[i] ?? '', widths[i], column.cut), widths[i], column.align))
      .join(' '.repeat(gap))
      .trimEnd();
  return [heading(line(titles)), ...rows.map(line)].join('\n');
}

function fitted(natural: readonly number[], columns: readonly Column[], width: number): number[] {
  const widths = [...natural];
  while (totalOf(widths) > width) {
    const shrinkable = widths.map((own, i) => (columns[i].align === 'right' ? 0 : own));
    const widest = shrinkable.indexOf(Math.max(...shrinkable));
    if (shrinkable[widest] <= leastWidth) break;
    widths[widest] -= 1;
  }
  return widths;
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, own) => sum + own + gap, -gap);
}

function cut(text: string, width: number, place: Column['cut'] = 'end'): string {
  if (textWidth(text) <= width) return text;
  const tail = place === 'middle' ? ends(text, Math.floor((width - 1) / 2), 'last') : '';
  return `${ends(text, width - 1 - textWidth(tail), 'first')}…${tail}`;
}

/** The first or last characters of a text that fit `width`. */
function ends(text: string, width: number, which: 'first' | 'last'): string {
  const characters = [...text];
  while (textWidth(characters.join('')) > width) {
    if (which === 'first') characters.pop();
    else characters.shift();
  }
  return characters.join('');
}

function padded(text: string, width: number, align: Column['align'] = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? space + text : text + space;
}
