// Ends training when it does not help any more.
import { UsageError } from '../base/errors.ts';
import type { Listener } from './events.ts';

/**
 * A listener that stops a run after `patience` validations in a row without a better one; the best checkpoint is kept
 * as always.
 * @throws UsageError if `patience` is no whole number from 1
 */
export function earlyStopping({ patience }: { readonly patience: number }): Listener {
  if (!Number.isInteger(patience) || patience < 1) {
    throw new UsageError(`patience is ${patience}; it must be a whole number of validations from 1.`);
  }
  return (event, control) => {
    const tells = event.type === 'evaluated' || event.type === 'started'; // It may have been killed before it stopped.
    if (tells && event.sinceBest >= patience) {
      control.stop(`no better validation for ${event.sinceBest} evaluations`);
    }
  };
}
