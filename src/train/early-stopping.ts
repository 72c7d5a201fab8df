// Ends training when it does not help any more.
import { checkInteger } from '../base/arguments.ts';
import type { Listener } from './events.ts';

/**
 * A listener that stops a run after `patience` validations in a row without a better one; the best checkpoint is kept
 * as always.
 * @throws UsageError unless `patience` is a positive integer
 */
export function earlyStopping({ patience }: { readonly patience: number }): Listener {
  checkInteger('patience', patience);
  return (event, control) => {
    const tells = event.type === 'evaluated' || event.type === 'started'; // It may have been killed before it stopped.
    if (tells && event.sinceBest >= patience) {
      control.stop(`no better validation for ${event.sinceBest} evaluations`);
    }
  };
}
