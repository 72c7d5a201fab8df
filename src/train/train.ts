// Training from the start.
import { checkArgument, checkObject } from '../base/arguments.ts';
import type { SplitDataset } from '../data/dataset.ts';
import { type Engine, openEngine } from '../engines/index.ts';
import type { Model } from '../nn/index.ts';
import { describeRun } from './config.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Trained, TrainOptions } from './options.ts';
import { RunDirectory } from './run-directory.ts';
import { checkPrograms, initialWeights, prepareRun, type RunSetup } from './setup.ts';
import { MemoryStore } from './store.ts';
import { runTrainer } from './trainer.ts';
import { accumulationWarnings } from './warnings.ts';

/**
 * Trains a model on a data set.
 * @returns metrics of the run, and the best checkpoint
 * @throws UsageError if an option is not valid, the model does not fit the data, or `out` is in use
 * @throws DataError if an image cannot be read or a file cannot be written
 * @throws TrainingError if the loss becomes NaN or infinite
 * @example
 * const { result, checkpoint } = await train(model, data, { epochs: 5, optimizer: momentum(), out: 'runs/photos' });
 */
export async function train(model: Model, data: SplitDataset, options: TrainOptions): Promise<Trained> {
  checkTrainArguments(model, data, options);
  const setup = await prepareRun(model, data, options);
  checkPrograms(setup);
  const weights = initialWeights(setup, options.weights);
  const { out, engine = await openEngine() } = options;
  const store = out === undefined ? new MemoryStore() : await createDirectory(out, setup, engine, options);
  return runTrainer({ setup, store, weights, engine, warnings: accumulationWarnings(setup) }, options);
}

async function createDirectory(
  out: string,
  setup: RunSetup,
  engine: Engine,
  options: TrainOptions,
): Promise<RunDirectory> {
  const { overwrite = false, keep } = options;
  const { model, loss, data } = setup;
  const fingerprint = await fingerprintOf(data);
  const config = describeRun(setup, engine, options, fingerprint);
  const allowNonFinite = true; // Without an evaluation, the last weights count as the best.
  return RunDirectory.create(out, config, fingerprint, { overwrite, keep, model, loss, allowNonFinite });
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
