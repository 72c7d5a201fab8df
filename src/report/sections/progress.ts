// How the run went: its curves, and its validations as a table.
import type { EvaluatedEvent } from '../../train/index.ts';
import { drawFigures, drawSection, drawTable } from '../elements.ts';
import { type Markup, markup } from '../markup.ts';
import type { Plot } from '../plots/frame.ts';
import { decimals, formatInterval, grouped } from '../text.ts';

/** Rows of the table, of the last ones. */
const MOST_ROWS = 100;

export function drawProgress(
  plots: readonly Plot[],
  validations: readonly EvaluatedEvent[],
): Markup | undefined {
  if (plots.length === 0) return undefined;
  const table =
    validations.length > 0
      ? markup`<details><summary>The validations as a table</summary>${drawValidations(validations)}</details>`
      : undefined;
  return drawSection('progress', 'Progress', markup`${drawFigures(plots)}\n${table}`);
}

function drawValidations(validations: readonly EvaluatedEvent[]): Markup {
  const columns = [
    { title: 'step', align: 'right' },
    { title: 'epoch', align: 'right' },
    { title: 'loss', align: 'right' },
    { title: 'accuracy', align: 'right' },
    { title: '95 % interval', align: 'right' },
    { title: 'best so far' },
  ] as const;
  const rows = validations
    .slice(-MOST_ROWS)
    .map(({ step, epoch, loss, accuracy, interval, best }) => [
      grouped(step),
      epoch,
      decimals(loss),
      decimals(accuracy),
      formatInterval(interval),
      best ? 'yes' : '',
    ]);
  const shown = validations.length > MOST_ROWS ? `, the last ${MOST_ROWS}` : '';
  return drawTable(`Validations${shown}`, columns, rows);
}
