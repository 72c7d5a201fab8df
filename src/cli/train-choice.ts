// The options of a training run as the command line gives them and config.json stores them.

import { DataError, UsageError } from '../base/errors.ts';
import { type ChoicesOf, type OptionTable, pickOptions, withDefaults } from '../base/option.ts';
import { formatFlag } from '../base/text.ts';
import { findOptimizer } from '../optim/optimizers.ts';
import type { DataChoice } from '../recipe/data-options.ts';
import { type TrainingOptionName, trainingOptions } from '../recipe/options.ts';
import { readConfig } from '../train/index.ts';
import { withDataSet } from './data-options.ts';

/** Options as they were typed; omitted ones are undefined. */
export type GivenChoice = ChoicesOf<typeof trainingOptions> & { readonly model?: string | undefined };

export type TrainChoice = GivenChoice & DataChoice & { readonly model: string };

/** The rows that config.json stores, and a resumed run has its own values of. */
const storedOptions: OptionTable = Object.fromEntries(
  Object.entries<OptionTable[string]>(trainingOptions).filter(([, { resume }]) => resume !== 'per process'),
);

/**
 * The options of a new run, with defaults.
 * @throws UsageError without a model or a data set
 */
export function newChoice(given: GivenChoice): TrainChoice {
  const { model } = given;
  if (model === undefined) {
    throw new UsageError('no model: name a network (see `fovea models`), or --resume a run.');
  }
  const { optimizer = trainingOptions.optimizer.default } = given;
  const settled = withDefaults(storedOptions, {
    lr: findOptimizer(optimizer).declaration.learningRate,
    ...givenOf(given),
  });
  return withDataSet({ ...(settled as GivenChoice), model });
}

/**
 * The options of a run that is resumed: those it has, and those given that may change.
 * @throws UsageError if another one differs
 * @throws DataError if the run was started by a program
 */
export async function choiceOfRun(run: string, given: GivenChoice): Promise<TrainChoice> {
  const stored = readCaller(run, (await readConfig(run)).caller);
  const changes = givenOf(given);
  for (const [name, value] of Object.entries(changes)) {
    const { resume, default: usual } = storedOptions[name] ?? {};
    const before = stored[name as TrainingOptionName] ?? usual;
    if (resume === 'changeable' || JSON.stringify(before) === JSON.stringify(value)) continue;
    const option = name === 'model' ? 'the model' : formatFlag(name);
    throw new UsageError(
      `the run in ${run} has ${option} ${before ?? '(not set)'}, but got ${value}; a resumed run keeps its options: ` +
        `leave out ${option}, or start a new run.`,
    );
  }
  return { ...stored, ...changes };
}

function readCaller(run: string, caller: unknown): TrainChoice {
  const isChoice = typeof caller === 'object' && caller !== null && 'data' in caller && 'model' in caller;
  if (isChoice) return caller as TrainChoice;
  throw new DataError(
    `${run}/config.json has no options of the command line: the run was started by a program; resume it there.`,
  );
}

/** Without options that are undefined or not stored. */
function givenOf({ model, ...given }: GivenChoice): Partial<TrainChoice> {
  return { ...(model !== undefined && { model }), ...pickOptions(storedOptions, given) };
}
