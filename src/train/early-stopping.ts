// Early stopping.
import { checkOption } from '../base/option.ts';
import { formatCount } from '../base/text.ts';
import { stoppingOptions } from '../recipe/options.ts';
import type { Listener } from './events.ts';

/**
 * A listener that stops a run after `patience` evaluations without improvement. The best checkpoint is kept.
 * @throws UsageError unless `patience` is a positive integer
 */
export function earlyStopping({ patience }: { readonly patience: number }): Listener {
  checkOption(stoppingOptions.patience, patience);
  return (event, control) => {
    const hasCount = event.type === 'evaluated' || event.type === 'started'; // A run may have been killed before it stopped.
    if (hasCount && event.sinceBest >= patience) {
      control.stop(`no improvement for ${formatCount(event.sinceBest, 'evaluation')}`);
    }
  };
}
