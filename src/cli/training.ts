// Starts training runs: from options to a run that is shown and can be interrupted.
import { type ChoicesOf, pickOptions } from '../base/option.ts';
import { findEntry } from '../models/index.ts';
import { parseSchedule } from '../optim/schedule-settings.ts';
import { runFields, stoppingOptions } from '../recipe/options.ts';
import { earlyStopping, type Listener, type RunOptions, type Trained, train } from '../train/index.ts';
import { Interrupt } from './interrupt.ts';
import { openChosenData } from './open-data.ts';
import { createChosenOptimizer, openRecipe } from './open-recipe.ts';
import type { Output } from './output.ts';
import { type Reported, withReport } from './reporting.ts';
import { RunView } from './run-view.ts';
import type { TrainChoice } from './train-choice.ts';

type StoppingChoice = ChoicesOf<typeof stoppingOptions>;
type Hooks = Required<Pick<RunOptions, 'listeners' | 'signal'>>;

export interface RunPlace {
  /** Folder of the run (default: one of its own below `runs`). */
  readonly out?: string;
  readonly overwrite?: boolean;
}

/** Shows a run, stops it early where the options say so, and lets signals stop it; they set the exit status. */
export async function watched<T extends Trained>(
  output: Output,
  options: StoppingChoice,
  run: (hooks: Hooks) => Promise<T>,
): Promise<T> {
  const view = new RunView(output);
  const interrupt = new Interrupt((reason) =>
    view.line(`${reason}: finishing the step and saving; a second signal stops at once ...`),
  );
  try {
    const trained = await run({
      listeners: [view.listen, ...stoppingListeners(options)],
      signal: interrupt.signal,
    });
    if (interrupt.status !== undefined) process.exitCode = interrupt.status;
    return trained;
  } finally {
    view.close();
    interrupt.dispose();
  }
}

function stoppingListeners(options: StoppingChoice): Listener[] {
  const { patience, ...others } = pickOptions(stoppingOptions, options);
  return patience === undefined ? [] : [earlyStopping({ patience, ...others })];
}

/**
 * Starts a run, and writes its report at the end.
 * @throws UsageError if an option is not valid, or the folder is in use
 */
export async function start(
  choice: TrainChoice,
  run: RunOptions,
  { out = runFolder(choice), overwrite = false }: RunPlace,
): Promise<Reported> {
  findEntry(choice.model);
  createChosenOptimizer(choice); // Errors are reported before data are looked for.
  const { schedule, warmup, lr } = choice;
  const isScheduled = schedule !== undefined || warmup !== undefined;
  const parsed = isScheduled && { schedule: parseSchedule(schedule ?? 'constant', warmup) };
  const { model, data, options } = await openRecipe(choice, await openChosenData(choice));
  return withReport(out, data, run, () =>
    train(model, data, {
      ...pickOptions(runFields, choice),
      ...run,
      ...options,
      ...parsed,
      ...(lr !== undefined && { learningRate: lr }),
      ...{ out, overwrite },
      caller: { ...choice },
    }),
  );
}

/** `runs/lenet5-digits-2026-01-31-12-00-00` */
function runFolder({ model, data }: TrainChoice): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const plain = data.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `runs/${model}-${plain}-${time}`;
}
