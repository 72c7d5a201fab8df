// The course of the run: its curves, and its evaluations on the validation set as a table.
import { formatDecimals, formatInteger, formatInterval } from '../../base/text.ts';
import type { EvaluatedEvent } from '../../train/index.ts';
import { drawPlots, drawSection, drawTable } from '../elements.ts';
import { type Markup, markup } from '../markup.ts';
import type { Plot } from '../plots/frame.ts';

/** Only the last evaluations are listed. */
const MAX_ROWS = 100;

export function drawProgress(
  plots: readonly Plot[],
  validations: readonly EvaluatedEvent[],
): Markup | undefined {
  if (plots.length === 0) return undefined;
  const table =
    validations.length > 0
      ? markup`<details><summary>Evaluations on the validation set as a table</summary>${drawValidations(validations)}</details>`
      : undefined;
  return drawSection('progress', 'Progress', markup`${drawPlots(plots)}\n${table}`);
}

function drawValidations(validations: readonly EvaluatedEvent[]): Markup {
  const columns = [
    { title: 'step', align: 'right' },
    { title: 'epoch', align: 'right' },
    { title: 'loss', align: 'right' },
    { title: 'accuracy', align: 'right' },
    { title: '95% CI', align: 'right' },
    { title: 'best so far' },
  ] as const;
  const rows = validations
    .slice(-MAX_ROWS)
    .map(({ step, epoch, loss, accuracy, interval, best }) => [
      formatInteger(step),
      epoch,
      formatDecimals(loss),
      formatDecimals(accuracy),
      formatInterval(interval),
      best ? 'yes' : '',
    ]);
  const shown = validations.length > MAX_ROWS ? `, the last ${MAX_ROWS}` : '';
  return drawTable(`Evaluations on the validation set${shown}`, columns, rows);
}
