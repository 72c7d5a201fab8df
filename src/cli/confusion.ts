// Confusion matrices as text.
import { formatTable } from './table.ts';

/** Counts with the true class in rows and the predicted one in columns; a dot stands for none. */
export function formatConfusion(
  labels: readonly string[],
  confusion: readonly (readonly number[])[],
): string {
  const columns = [
    { title: 'true \\ predicted' },
    ...labels.map((title) => ({ title, align: 'right' }) as const),
  ];
  const rows = confusion.map((counts, i) => [
    labels[i]!,
    ...counts.map((count) => (count === 0 ? '·' : String(count))),
  ]);
  return formatTable(columns, rows);
}
