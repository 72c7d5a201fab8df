// Training as the command line does it: from choices to a run that is shown and can be interrupted.
import { findEntry } from '../models/index.ts';
import { parseSchedule } from '../optim/schedule-settings.ts';
import type { Schedule } from '../optim/schedules.ts';
import { earlyStopping, type RunOptions, type Trained, train } from '../train/index.ts';
import { openChosenData } from './data-options.ts';
import { Interrupt } from './interrupt.ts';
import type { Output } from './output.ts';
import { openRecipe, optimizerOf } from './recipe-options.ts';
import { type Reported, reported } from './reporting.ts';
import { RunView } from './run-view.ts';
import type { TrainChoice } from './train-choice.ts';

type Hooks = Required<Pick<RunOptions, 'listeners' | 'signal'>>;

export interface RunPlace {
  /** Folder of the run; one with a name of its own below `runs` unless given. */
  readonly out?: string;
  readonly overwrite?: boolean;
}

/**
 * Shows a run while it goes on, and lets signals end it in good order; they set the exit status.
 * @param patience validations without a better one after which the run ends
 */
export async function watched<T extends Trained>(
  output: Output,
  patience: number | undefined,
  run: (hooks: Hooks) => Promise<T>,
): Promise<T> {
  const view = new RunView(output);
  const interrupt = new Interrupt((reason) =>
    view.line(`${reason}: finishing the step and saving; once more stops at once ...`),
  );
  try {
    const stopping = patience === undefined ? [] : [earlyStopping({ patience })];
    const trained = await run({ listeners: [view.listen, ...stopping], signal: interrupt.signal });
    if (interrupt.status !== undefined) process.exitCode = interrupt.status;
    return trained;
  } finally {
    view.close();
    interrupt.dispose();
  }
}

/**
 * Begins a run, and writes its report when it has ended.
 * @throws UsageError if a choice is not valid, or the folder is in use
 */
export async function begin(
  choice: TrainChoice,
  run: RunOptions,
  { out, overwrite = false }: RunPlace,
): Promise<Reported> {
  findEntry(choice.model);
  optimizerOf(choice); // What is wrong with it is said before data are looked for.
  const schedule = scheduleOf(choice);
  const { model, data, options } = await openRecipe(choice, await openChosenData(choice));
  const { epochs, lr, ema, evaluateEvery } = choice;
  const folder = out ?? runFolder(choice);
  return reported(folder, data, run, () =>
    train(model, data, {
      ...run,
      ...options,
      ...(ema !== undefined && { update: { ...options.update, ema } }),
      epochs,
      learningRate: lr,
      ...(schedule && { schedule }),
      out: folder,
      overwrite,
      caller: { ...choice },
      ...(evaluateEvery !== undefined && { evaluateEvery }),
    }),
  );
}

function scheduleOf({ schedule, warmup }: TrainChoice): Schedule | undefined {
  const chosen = schedule !== undefined || warmup !== undefined;
  return chosen ? parseSchedule(schedule ?? 'constant', warmup) : undefined;
}

/** `runs/lenet5-digits-2026-01-31-12-00-00` */
function runFolder({ model, data }: TrainChoice): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const plain = data.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `runs/${model}-${plain}-${time}`;
}
