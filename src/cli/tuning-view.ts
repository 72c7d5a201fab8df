// The result of tuning as a table.
import type { TunedKernel, TuneResult } from '../engines/instruments.ts';
import { heading } from './output.ts';
import { formatTable, numberColumns } from './table.ts';

const columns = ['kernel', 'layer', ...numberColumns(['default ms', 'tuned ms']), 'variant'];

/** The kernels that changed, those that save most time first. */
export function formatTuning({ kernels, compileMs, path }: TuneResult): string {
  const changed = kernels.filter(({ method, usual }) => method !== usual);
  const total = (time: (kernel: TunedKernel) => number) =>
    kernels.reduce((sum, kernel) => sum + time(kernel), 0).toFixed(2);
  const summary =
    `${heading('tuning')}: ${changed.length} of ${kernels.length} kernels have a faster variant; all kernels take ` +
    `${total(({ milliseconds }) => milliseconds)} ms per step instead of ${total(({ usualMs }) => usualMs)} ms ` +
    `(compiled in ${(compileMs / 1000).toFixed(0)} s)`;
  if (changed.length === 0) return summary;
  const rows = changed
    .toSorted((a, b) => saved(b) - saved(a))
    .map((kernel) => [
      kernel.kind,
      nameOf(kernel),
      kernel.usualMs.toFixed(3),
      kernel.milliseconds.toFixed(3),
      kernel.method,
    ]);
  return [summary, `stored for later programs in ${path}`, '', formatTable(columns, rows)].join('\n');
}

function saved({ usualMs, milliseconds }: TunedKernel): number {
  return usualMs - milliseconds;
}

function nameOf({ names: [first, ...others] }: TunedKernel): string {
  return others.length > 0 ? `${first} and ${others.length} more` : first;
}
