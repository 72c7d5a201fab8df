// Confusion matrices as text.
import { visible } from '../base/text.ts';
import { terminalWidth } from './output.ts';
import { formatTable, numberColumns, widthOfTable } from './table.ts';

/** Pairs of classes listed if the matrix does not fit. */
const LISTED = 10;

/**
 * Counts with actual classes in rows and predicted classes in columns; a dot means zero. If class names do not fit as column
 * titles, columns are numbered; if numbers do not fit either, the most frequent confusions are listed.
 */
export function formatConfusion(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
  width = terminalWidth(),
): string {
  const numbered = labels.map((label, i) => `${i} ${label}`);
  const forms = [
    matrixOf(labels, labels, confusion),
    matrixOf(
      numbered,
      labels.map((_, i) => String(i)),
      confusion,
    ),
  ];
  const form = forms.find(({ least }) => width === undefined || least <= width);
  return form ? formatTable(form.columns, form.rows, width) : formatPairs(labels, confusion);
}

function matrixOf(
  names: readonly string[],
  titles: readonly string[],
  confusion: readonly (readonly number[])[],
) {
  const columns = [{ title: 'actual \\ predicted' }, ...numberColumns(titles)];
  const rows = confusion.map((counts, i) => [
    names[i],
    ...counts.map((count) => (count === 0 ? '·' : String(count))),
  ]);
  return { columns, rows, least: widthOfTable(columns, rows) };
}

/** `  12  cat predicted as dog` */
function formatPairs(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  const pairs = confusion
    .flatMap((counts, actual) => counts.map((count, predicted) => ({ count, actual, predicted })))
    .filter(({ count, actual, predicted }) => count > 0 && actual !== predicted)
    .sort((a, b) => b.count - a.count);
  const digits = String(pairs[0]?.count ?? 0).length;
  const lines = pairs.slice(0, LISTED).map(({ count, actual, predicted }) => {
    const [is, as] = [labels[actual], labels[predicted]].map(visible);
    return `  ${String(count).padStart(digits)}  ${is} predicted as ${as}`;
  });
  return [
    'most frequent confusions (the matrix is wider than the terminal; --json has all counts)',
    ...lines,
  ].join('\n');
}
