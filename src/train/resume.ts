// Training resumed from the last checkpoint of a run.
import { existsSync } from 'node:fs';
import { checkArgument, checkPath } from '../base/arguments.ts';
import { DataError, UsageError } from '../base/errors.ts';
import { type Checkpoint, type LoadOptions, loadCheckpoint } from '../checkpoints/checkpoint.ts';
import type { TrainingRecord } from '../checkpoints/metadata.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import { trainProgram } from '../program/programs.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { compareData, recordChanges } from './changed-data.ts';
import type { ResumeOptions, Trained } from './options.ts';
import { RunDirectory } from './run-directory.ts';
import { openRunEngine } from './run-engine.ts';
import { checkpointPath } from './run-files.ts';
import { prepareRun, type RunSetup } from './setup.ts';
import { runTrainer } from './trainer.ts';
import { accumulationWarnings, rateWarnings } from './warnings.ts';

/**
 * Resumes a run that was interrupted or killed from its last checkpoint. The results are those of an uninterrupted run.
 * @param run the run directory
 * @param data the data set of the run
 * @throws DataError if the directory holds no run to resume, or the data set differs
 * @throws UsageError if the run had a model, loss or learning-rate function of your own and it is not given
 */
export async function resumeTraining(
  run: string,
  data: SplitDataset,
  options: ResumeOptions = {},
): Promise<Trained> {
  checkPath('resumeTraining(run, data, options?)', 'run', run);
  checkArgument.data('resumeTraining(run, data, options?)', data);
  const { model, loss, engine = await openRunEngine(run), whenDiverged } = options;
  const path = checkpointPath(run, 'last');
  const allowNonFinite = whenDiverged === 'continue';
  const last = await loadLast(path, { ...(model && { model }), ...(loss && { loss }), allowNonFinite });
  const record = trainingOf(last, path);
  const comparison = await compareData(run, data);
  const setup = await resumedSetup(last, record, data, comparison.differences, options);
  const weights = new Map([...last.weights, ...(last.raw ?? []), ...optimizerOf(last, setup, path)]);
  const known = { model: setup.model, loss: setup.loss, keep: options.keep, allowNonFinite: true };
  const start = await withoutLostBest(record, checkpointPath(run, 'best'), known);
  const store = await RunDirectory.reopen(run, start.step, known);
  if (options.caller) await store.recordCaller(options.caller);
  const warnings = [
    ...accumulationWarnings(setup),
    ...rateWarnings(setup, record),
    ...(await recordChanges(store, comparison, setup, record)),
  ];
  return runTrainer({ setup, store, weights, engine, start, warnings }, options);
}

/** @throws DataError with advice if there is no checkpoint to resume from */
async function loadLast(path: string, options: LoadOptions): Promise<Checkpoint> {
  if (!existsSync(path)) {
    throw new DataError(
      `there is no ${path}: the folder holds no run, or a run that has saved nothing; start it again.`,
    );
  }
  return advising(
    () => loadCheckpoint(path, options),
    'The run cannot be resumed without this file: copy a kept checkpoint (step-...) over it, or start a new run with the weights in best.safetensors.',
  );
}

/**
 * The state of a run, without its best evaluation if that checkpoint was removed: the next one is then the best.
 * @throws DataError if the best checkpoint is damaged
 */
async function withoutLostBest(
  record: TrainingRecord,
  path: string,
  options: LoadOptions,
): Promise<TrainingRecord> {
  if (existsSync(path)) {
    await advising(
      () => loadCheckpoint(path, options),
      'Or remove this file to resume without it: the next evaluation is then the best.',
    );
    return record;
  }
  const { best: _, ...rest } = record;
  return rest;
}

/** The result of `read`; `advice` is added to errors about damaged files. */
async function advising<T>(read: () => Promise<T>, advice: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`${error.message} ${advice}`, { cause: error });
  }
}

function trainingOf({ training }: Checkpoint, path: string): TrainingRecord {
  if (training) return training;
  throw new DataError(`${path}: has no training state to resume; start a new run with its weights (--init).`);
}

async function resumedSetup(
  { model, loss, preprocessing, classes }: Checkpoint,
  { recipe }: TrainingRecord,
  data: SplitDataset,
  differences: readonly string[],
  options: ResumeOptions,
): Promise<RunSetup> {
  const learningRate = recipe.learningRate ?? options.learningRate;
  if (learningRate === undefined) {
    throw new UsageError(
      'the run used a function for the learning rate, which is not stored: give it as learningRate to resume.',
    );
  }
  const optimizer = createOptimizer(recipe.optimizer.name, recipe.optimizer.settings);
  const epochs = options.epochs ?? recipe.epochs;
  const setup = await prepareRun(model, data, {
    ...recipe,
    ...(options.keep !== undefined && { keep: options.keep }),
    epochs,
    optimizer,
    learningRate,
    loss,
    preprocessing,
  });
  const { images } = setup.recipe;
  const isSameClasses = classes.join('\n') === data.classes.join('\n');
  const isSameCount = images.train === recipe.images.train;
  const isSame = isSameCount && differences.length === 0;
  if (isSameClasses && (isSame || options.allowChangedData)) return setup;
  const advice = isSameClasses
    ? ' Or allow it (--allow-changed-data, allowChangedData): the results then differ from an uninterrupted run.'
    : '';
  if (!isSameClasses || !isSameCount) {
    const found = differences.length === 0 ? '' : ` (${differences.join('. ')})`;
    throw new DataError(
      `the run trained on ${describeData(recipe.data, recipe.images.train, classes)}, but got ` +
        `${describeData(data.name, images.train, data.classes)}${found}; give the same data set and subset.${advice}`,
    );
  }
  throw new DataError(
    `${data.name} has changed since the run started: ${differences.join('. ')}. Give the same data to resume.${advice}`,
  );
}

function describeData(name: string, count: number, classes: readonly string[]): string {
  return `${count} images of ${name} (classes ${classes.join(', ')})`;
}

/** The optimizer's state. @throws DataError unless it has every slot of every trained parameter */
function optimizerOf(
  { optimizer = new Map() }: Checkpoint,
  setup: RunSetup,
  path: string,
): Map<string, FloatTensor> {
  const { variables } = trainProgram(setup.model, { ...setup, batchSize: setup.recipe.batchSize });
  const slots = variables.filter(({ variable }) => variable.role === 'optimizer');
  const missing = slots.filter(({ variable }) => !optimizer.has(variable.name));
  if (missing.length === 0 && optimizer.size === slots.length) return new Map(optimizer);
  throw new DataError(
    `${path}: has ${optimizer.size} tensors of the optimizer ${setup.optimizer.name}, but expected ${slots.length}; ` +
      'resume from the last checkpoint of a run, with the same parameters frozen.',
  );
}
