// The profile of a step as tables.
import { formatPercent } from '../base/text.ts';
import type { KernelCost, StepProfile } from '../diagnose/profile.ts';
import { heading } from './output.ts';
import { formatTable, numberColumns } from './table.ts';

const costColumns = numberColumns(['ms', 'step', 'waits', 'GFLOP/s', 'peak', 'GB/s', 'memory']);

/** Kinds of kernels, then layers, slowest first. */
export function formatProfile(
  { stepMs, outsideMs, waitingMs, machine, kinds, layers }: StepProfile,
  most: number,
): string {
  const shown = layers.slice(0, most);
  const hidden = layers.length - shown.length;
  return [
    `${heading('profile')}: a step of ${stepMs.toFixed(2)} ms, ${formatPercent(outsideMs / stepMs)} outside kernels, ` +
      `${formatPercent(waitingMs / stepMs)} of threads waiting for each other`,
    `this machine: ${machine.gflops.toFixed(0)} GFLOP/s peak, ${machine.gigabytesPerSecond.toFixed(0)} GB/s of memory`,
    '',
    formatTable(
      [{ title: 'kernels' }, ...numberColumns(['count']), ...costColumns],
      kinds.map((kind) => [kind.kind, String(kind.kernels), ...costCells(kind)]),
    ),
    '',
    formatTable(
      [{ title: 'layer' }, { title: 'part' }, ...costColumns],
      shown.map((layer) => [layer.layer, layer.direction, ...costCells(layer)]),
    ),
    ...(hidden > 0 ? [`and ${hidden} more; show them with --layers all`] : []),
  ].join('\n');
}

function costCells(cost: KernelCost): string[] {
  const { milliseconds, share, waitingMilliseconds, gflops, shareOfPeak } = cost;
  const { gigabytesPerSecond, shareOfBandwidth } = cost;
  return [
    milliseconds.toFixed(3),
    formatPercent(share),
    milliseconds > 0 ? formatPercent(waitingMilliseconds / milliseconds) : '',
    ...(gflops > 0 ? [gflops.toFixed(1), formatPercent(shareOfPeak)] : ['', '']),
    gigabytesPerSecond.toFixed(1),
    formatPercent(shareOfBandwidth),
  ];
}
