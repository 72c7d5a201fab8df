// What decides the outcome of a training run, as the command line gives it and the run's config.json keeps it.
import { DataError, UsageError } from '../base/errors.ts';
import { formatFlag } from '../base/text.ts';
import { readConfig } from '../train/index.ts';
import { type DataChoice, dataKeys, noData } from './data-options.ts';
import { type RecipeChoice, recipeDefaults } from './recipe-options.ts';

export interface TrainChoice extends DataChoice, RecipeChoice {
  readonly epochs: number;
  readonly lr: number;
  readonly schedule?: string;
  readonly warmup?: string;
  readonly ema?: number;
  readonly evaluateEvery?: number;
  readonly patience?: number;
  readonly keep?: number;
}

/** Choices as they were typed: whatever was left out is missing. */
export type GivenChoice = { readonly [K in keyof TrainChoice]?: TrainChoice[K] | undefined };

const keys = [
  'model',
  ...dataKeys,
  'classes',
  'option',
  'input',
  'epochs',
  'batchSize',
  'lr',
  'optimizer',
  'momentum',
  'weightDecay',
  'schedule',
  'warmup',
  'init',
  'initWeights',
  'freeze',
  'decay',
  'clipNorm',
  'accumulate',
  'ema',
  'augment',
  'balance',
  'seed',
  'evaluateEvery',
  'patience',
  'keep',
] as const satisfies readonly (keyof TrainChoice)[];

/** What a resumed run may have otherwise than before. */
const changeable: ReadonlySet<string> = new Set([
  'epochs',
  'data',
  'dataDir',
  'imageDir',
  'patience',
  'keep',
]);

export const trainDefaults = { ...recipeDefaults, epochs: 5 } as const;

/** The learning rate of an optimizer unless another is given. */
export function defaultRate(optimizer: string): number {
  return optimizer.startsWith('adam') ? 0.001 : 0.01;
}

/**
 * The choices of a new run.
 * @throws UsageError if the model or the data is missing
 */
export function newChoice(given: GivenChoice): TrainChoice {
  const { model, data } = given;
  if (model === undefined)
    throw new UsageError('no model: name a network (see `fovea models`), or --resume a run.');
  if (data === undefined) throw noData();
  const present = chosenOf(given);
  return {
    ...trainDefaults,
    lr: defaultRate(present.optimizer ?? trainDefaults.optimizer),
    ...present,
    model,
    data,
  };
}

/**
 * The choices of a run that goes on. Settings given again must be those the run has; only epochs, patience, kept
 * checkpoints and the places of the data may change: whether the data are the same is seen from their content.
 * @throws UsageError if one differs
 * @throws DataError if the run was not begun by the command line
 */
export async function choiceOfRun(run: string, given: GivenChoice): Promise<TrainChoice> {
  const kept = keptChoice(run, (await readConfig(run)).caller);
  const changes = chosenOf(given);
  for (const [key, value] of Object.entries(changes)) {
    const before = kept[key as keyof TrainChoice];
    if (changeable.has(key) || JSON.stringify(before) === JSON.stringify(value)) continue;
    throw new UsageError(
      `the run in ${run} has ${key === 'model' ? 'model' : formatFlag(key)} ${before ?? '(not set)'}, but got ${value}; a resumed run keeps its own ` +
        'settings: leave the option out, or begin a new run.',
    );
  }
  return { ...kept, ...changes };
}

function keptChoice(run: string, caller: unknown): TrainChoice {
  const isChoice = typeof caller === 'object' && caller !== null && 'data' in caller && 'model' in caller;
  if (isChoice) return caller as TrainChoice;
  throw new DataError(
    `${run}/config.json does not say how its data were opened: the run was begun by a program; resume it there.`,
  );
}

function chosenOf(given: GivenChoice): Partial<TrainChoice> {
  return Object.fromEntries(keys.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])));
}
