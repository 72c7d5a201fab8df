// Training runs: begun, and resumed.
import { existsSync } from 'node:fs';
import { checkArgument, checkObject, checkPath } from '../base/arguments.ts';
import { DataError, ShapeError, TrainingError, UsageError } from '../base/errors.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import { checkMemory } from '../engines/memory-need.ts';
import { initialize, type Model } from '../nn/index.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import { trainProgram } from '../program/programs.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { Announcer } from './announcer.ts';
import { compareData, recordChanges } from './changed-data.ts';
import {
  type Checkpoint,
  compareWeights,
  describeDifferences,
  type LoadOptions,
  loadCheckpoint,
} from './checkpoint.ts';
import { configOf } from './config.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { TrainingRecord } from './metadata.ts';
import type { ResumeOptions, RunOptions, Trained, TrainOptions } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { RunDirectory } from './run-directory.ts';
import { openRunEngine } from './run-engine.ts';
import { checkpointPath } from './run-files.ts';
import { Run } from './runner.ts';
import { Session } from './session.ts';
import { MemoryStore } from './store.ts';
import { accumulationWarnings, rateWarnings } from './warnings.ts';

/**
 * Trains a model from the start.
 * @returns figures of the run, and the best checkpoint
 * @throws UsageError if an option is not valid, the model does not fit the data, or `out` is in use
 * @throws DataError if an image cannot be read or a file cannot be written
 * @throws TrainingError if the loss is not a number any more
 */
export async function train(model: Model, data: SplitDataset, options: TrainOptions): Promise<Trained> {
  checkTrainArguments(model, data, options);
  const plan = await makePlan(model, data, options);
  checkPrograms(plan);
  const weights = startingWeights(plan, options.weights);
  const { out, engine = await openEngine() } = options;
  const store = out === undefined ? new MemoryStore() : await createDirectory(out, plan, engine, options);
  return runPlan({ plan, store, weights, engine, warnings: accumulationWarnings(plan) }, options);
}

async function createDirectory(
  out: string,
  plan: Plan,
  engine: Engine,
  options: TrainOptions,
): Promise<RunDirectory> {
  const { overwrite = false, keep } = options;
  const { model, loss, data } = plan;
  const fingerprint = await fingerprintOf(data);
  const config = await configOf(plan, engine, options, fingerprint);
  const allowNonFinite = true; // Without a validation, the last weights count as the best.
  return RunDirectory.create(out, config, fingerprint, { overwrite, keep, model, loss, allowNonFinite });
}

/**
 * Goes on with a run that was interrupted or killed, from its last checkpoint: what follows is what an uninterrupted
 * run would have done.
 * @param run the run directory
 * @param data the same data set as before
 * @throws DataError if the directory holds no run to resume, or the data set is another one
 * @throws UsageError if the run had a model, loss or schedule of your own and it is not given
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
  const plan = await resumedPlan(last, record, data, comparison.differences, options);
  const weights = new Map([...last.weights, ...(last.raw ?? []), ...optimizerOf(last, plan, path)]);
  const known = { model: plan.model, loss: plan.loss, keep: options.keep, allowNonFinite: true };
  const start = await withoutLostBest(record, checkpointPath(run, 'best'), known);
  const store = await RunDirectory.reopen(run, start.step, known);
  if (options.caller) await store.recordCaller(options.caller);
  const warnings = [
    ...accumulationWarnings(plan),
    ...rateWarnings(plan, record),
    ...(await recordChanges(store, comparison, plan, record)),
  ];
  return runPlan({ plan, store, weights, engine, start, warnings }, options);
}

/** @throws DataError that says what can be done where there is nothing to go on from */
async function loadLast(path: string, options: LoadOptions): Promise<Checkpoint> {
  if (!existsSync(path)) {
    throw new DataError(
      `there is no ${path}: the folder holds no run, or one that has saved nothing to go on from; begin it anew.`,
    );
  }
  return advising(
    () => loadCheckpoint(path, options),
    'Without this file the run cannot go on: copy a kept checkpoint (step-...) over it, or start a new run with the weights in best.safetensors.',
  );
}

/**
 * Where a run was left, without its best validation if that checkpoint was removed: the next one then is the best.
 * @throws DataError if it is damaged: better now than when it is needed
 */
async function withoutLostBest(
  record: TrainingRecord,
  path: string,
  options: LoadOptions,
): Promise<TrainingRecord> {
  if (existsSync(path)) {
    await advising(
      () => loadCheckpoint(path, options),
      'Or remove this file to go on without it: the next validation is then the best.',
    );
    return record;
  }
  const { best: _, ...rest } = record;
  return rest;
}

/** What `read` gives; to what it says of damage, `advice` is added. */
async function advising<T>(read: () => Promise<T>, advice: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`${error.message} ${advice}`, { cause: error });
  }
}

function checkTrainArguments(model: Model, data: SplitDataset, options: TrainOptions): void {
  const call = 'train(model, data, options)';
  checkArgument.model(call, model);
  checkArgument.data(call, data);
  checkArgument.options(call, options);
  const { engine, optimizer } = options;
  checkArgument.engine(call, engine);
  if (optimizer !== undefined) {
    checkObject(call, 'optimizer', optimizer, ['name', 'update'], 'an optimizer, such as adam()');
  }
}

interface Beginning {
  readonly plan: Plan;
  readonly store: RunDirectory | MemoryStore;
  /** Of the network, and of the optimizer where training goes on. */
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly engine: Engine;
  readonly start?: TrainingRecord;
  readonly warnings: readonly string[];
}

async function runPlan(
  { plan, store, weights, engine, start, warnings }: Beginning,
  options: RunOptions,
): Promise<Trained> {
  const { model, loss, optimizer, update, recipe } = plan;
  const announcer = new Announcer(
    options,
    store instanceof RunDirectory ? [store.eventWriter, store.engineRecorder] : [],
  );
  let session: Session | undefined;
  try {
    session = new Session({
      engine,
      model,
      loss,
      optimizer,
      update,
      batchSize: recipe.batchSize,
      stepsPerEpoch: plan.stepsPerEpoch,
      onCompiled: (event) => announcer.announce(event),
      signal: options.signal,
    });
    session.write(weights);
    if (!start) session.startAverages();
    const { workers, cacheBytes, whenDiverged = 'stop' } = options;
    const loading = { workers, cacheBytes };
    const parts = { plan, session, store, announcer, engine, loading, whenDiverged, warnings };
    return await new Run({ ...parts, ...(start && { start }) }).toEnd();
  } catch (error) {
    const repeats = error instanceof TrainingError; // What diverges once does so again.
    await announcer.announceFailure(error, repeats ? undefined : store.lastStep);
    throw error;
  } finally {
    session?.dispose();
    await store.close();
  }
}

/** Builds the training steps of full batches and of the last one of an epoch, so that a model that cannot is found now. */
function checkPrograms({ model, loss, optimizer, update, recipe }: Plan): void {
  const { batchSize, dropLast, images } = recipe;
  checkMemory(trainProgram(model, { batchSize, loss, optimizer, update }));
  const rest = images.train % batchSize;
  if (rest === 0 || dropLast) return;
  try {
    trainProgram(model, { batchSize: rest, loss, optimizer, update });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UsageError(
      `the last batch of an epoch would have ${rest} of ${images.train} images, which ${model.name} cannot train on; ` +
        `set dropLast to leave it out, or change the batchSize of ${batchSize}. ${error.message}`,
      { cause: error },
    );
  }
}

/** Those given, and for the rest those that the model's scheme draws. */
export function startingWeights(
  { model, recipe }: Plan,
  given: Checkpoint['weights'] = new Map(),
): Map<string, FloatTensor> {
  const fault = describeDifferences({ ...compareWeights(model, given), missing: [] });
  if (fault) throw new UsageError(`the weights to start from do not fit ${model.name}: ${fault}.`);
  return initialize(model.network, model.init, recipe.seed, given);
}

function trainingOf({ training }: Checkpoint, path: string): TrainingRecord {
  if (training) return training;
  throw new DataError(
    `${path}: says nothing of a training run, so there is none to resume; start a new one with its weights.`,
  );
}

async function resumedPlan(
  { model, loss, preprocessing, classes }: Checkpoint,
  { recipe }: TrainingRecord,
  data: SplitDataset,
  differences: readonly string[],
  options: ResumeOptions,
): Promise<Plan> {
  const learningRate = recipe.learningRate ?? options.learningRate;
  if (learningRate === undefined) {
    throw new UsageError(
      'the run followed a schedule, which is not stored: give it as learningRate to resume.',
    );
  }
  const optimizer = createOptimizer(recipe.optimizer.name, recipe.optimizer.settings);
  const epochs = options.epochs ?? recipe.epochs;
  const plan = await makePlan(model, data, {
    ...recipe,
    ...(options.keep !== undefined && { keep: options.keep }),
    epochs,
    optimizer,
    learningRate,
    loss,
    preprocessing,
  });
  const { images } = plan.recipe;
  const isSameClasses = classes.join('\n') === data.classes.join('\n');
  const isSameCount = images.train === recipe.images.train;
  const isSame = isSameCount && differences.length === 0;
  if (isSameClasses && (isSame || options.allowChangedData)) return plan;
  const advice = isSameClasses
    ? ' Or allow it (--allow-changed-data, allowChangedData): the run then is not what it would have been, and says so.'
    : '';
  if (!isSameClasses || !isSameCount) {
    const found = differences.length === 0 ? '' : ` (${differences.join('. ')})`;
    throw new DataError(
      `the run trained on ${describeData(recipe.data, recipe.images.train, classes)}, but got ` +
        `${describeData(data.name, images.train, data.classes)}${found}; give the same data set and subset.${advice}`,
    );
  }
  throw new DataError(
    `${data.name} is not what the run began with: ${differences.join('. ')}. Give the same data to resume exactly.${advice}`,
  );
}

function describeData(name: string, count: number, classes: readonly string[]): string {
  return `${count} images of ${name} (classes ${classes.join(', ')})`;
}

/** The optimizer's tensors. @throws DataError unless there is one for every slot of every trained parameter */
function optimizerOf(
  { optimizer = new Map() }: Checkpoint,
  plan: Plan,
  path: string,
): Map<string, FloatTensor> {
  const { variables } = trainProgram(plan.model, { ...plan, batchSize: plan.recipe.batchSize });
  const slots = variables.filter(({ variable }) => variable.role === 'optimizer');
  const missing = slots.filter(({ variable }) => !optimizer.has(variable.name));
  if (missing.length === 0 && optimizer.size === slots.length) return new Map(optimizer);
  throw new DataError(
    `${path}: has ${optimizer.size} tensors of the optimizer ${plan.optimizer.name}, but expected ${slots.length}; ` +
      'resume from the last checkpoint of a run, with the same parameters frozen.',
  );
}
