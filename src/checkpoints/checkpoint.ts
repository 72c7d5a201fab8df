// Checkpoints: one safetensors file with the weights of a model and all that is needed to use them, or to resume training.

import { checkArgument, checkPath } from '../base/arguments.ts';
import { DataError, UsageError } from '../base/errors.ts';
import { lookup } from '../base/lookup.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { readSafetensors, writeSafetensors } from '../formats/index.ts';
import { classCount } from '../metrics/index.ts';
import { createModel, type ModelName, type ModelOptions, modelNames } from '../models/index.ts';
import { createLoss, type Loss, losses, type Model, namedParameters } from '../nn/index.ts';
import { averageName } from '../program/updates.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { ChecksumReader, withChecksums } from './checksums.ts';
import { describeNonFinite } from './finite.ts';
import {
  type Description,
  decodeMetadata,
  encodeMetadata,
  type ModelDescription,
  type TrainingRecord,
} from './metadata.ts';
import { compareWeights, describeDifferences } from './weight-differences.ts';

/** A trained model with its preprocessing, class names and training state. */
export interface Checkpoint {
  readonly model: Model;
  /** Parameters and buffers by name, as they are evaluated: their exponential moving average (EMA) if the run had one. */
  readonly weights: ReadonlyMap<string, FloatTensor>;
  /** If `weights` are an EMA: the raw weights that were averaged. */
  readonly raw?: ReadonlyMap<string, FloatTensor>;
  /** Applied to every image. */
  readonly preprocessing: Preprocessing;
  /** Names of the classes, by index; two for a model with one output. */
  readonly classes: readonly string[];
  readonly loss: Loss;
  /** How it was trained, for checkpoints of a run. */
  readonly training?: TrainingRecord;
  /** The optimizer's state by name, in checkpoints to resume from. */
  readonly optimizer?: ReadonlyMap<string, FloatTensor>;
}

export interface LoadOptions {
  /** The model, if it is not a built-in one. */
  readonly model?: Model;
  /** The loss, if it is not a built-in one. */
  readonly loss?: Loss;
  /** Which weights of a run with an EMA to load (default: `ema`, as evaluated by the run). */
  readonly weights?: WeightSet;
  /** Allow NaN or infinite weights, as of a run that continued after diverging (default: false). */
  readonly allowNonFinite?: boolean;
}

/** `ema`: exponential moving averages of the weights; `raw`: the weights as the optimizer left them. */
export type WeightSet = 'ema' | 'raw';

export const weightSets = ['ema', 'raw'] as const satisfies WeightSet[];

const OPTIMIZER_PREFIX = 'optimizer.';
const RAW_PREFIX = 'optimizer.raw.';

/**
 * Writes a checkpoint with checksums. A failure leaves an existing file unchanged.
 * @throws UsageError if weights or classes do not fit the model
 * @throws DataError if it cannot be written
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  checkPath('saveCheckpoint(path, checkpoint)', 'path', path);
  checkArgument.checkpoint('saveCheckpoint(path, checkpoint)', checkpoint);
  const { model, weights, classes } = checkpoint;
  const fault = describeDifferences(compareWeights(model, weights));
  if (fault) throw new UsageError(`the weights do not fit ${model.name}: ${fault}.`);
  const classFault = faultOfClasses(model, classes);
  if (classFault) throw new UsageError(`${classFault}.`);
  const tensors = tensorsOf(checkpoint);
  await writeSafetensors(path, tensors, withChecksums(describeCheckpoint(checkpoint), tensors));
}

/** The tensors of a file. Averages are its weights, and are written only once. */
function tensorsOf({ weights, raw, optimizer = new Map() }: Checkpoint): Map<string, FloatTensor> {
  const averages = new Set([...(raw?.keys() ?? [])].map(averageName));
  return new Map([
    ...weights,
    ...[...(raw ?? [])].map(([name, tensor]) => [`${RAW_PREFIX}${name}`, tensor] as const),
    ...[...optimizer].filter(([name]) => !averages.has(name)),
  ]);
}

/**
 * Reads a checkpoint. Built-in models are built from their name and options; pass your own as `model`.
 * @throws DataError if the file is damaged, not a checkpoint, one of another model, or lacks the requested weights
 * @throws UsageError if the model or the loss is not known here and was not given
 */
export async function loadCheckpoint(path: string, options: LoadOptions = {}): Promise<Checkpoint> {
  checkPath('loadCheckpoint(path, options?)', 'path', path);
  const checksums = new ChecksumReader();
  const { tensors, metadata } = await readSafetensors(path, checksums.add);
  const isKnownFinite = checksums.verify(metadata, path);
  const { model: described, loss, ...rest } = decodeMetadata(metadata, path);
  const model = modelFor(described, path, options.model);
  const parts = divide(tensors, model);
  const fault = describeDifferences(compareWeights(model, parts.weights)) || faultOfRaw(model, parts.raw);
  if (fault) throw new DataError(`${path}: its weights do not fit ${model.name}: ${fault}.`);
  const classFault = faultOfClasses(model, rest.classes);
  if (classFault)
    throw new DataError(`${path}: ${classFault}; import its weights again with fovea import --labels.`);
  const known = lossFor(loss, path, options.loss);
  const held = chosenWeights(withAverages(parts as WeightParts), rest.training, options.weights, path); // Compared above.
  if (!isKnownFinite && !options.allowNonFinite) checkFiniteWeights(held.weights, path);
  return { ...rest, ...held, model, loss: known };
}

interface WeightParts {
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly raw?: ReadonlyMap<string, FloatTensor>;
  readonly optimizer?: ReadonlyMap<string, FloatTensor>;
}

/**
 * Averages as weights and in the optimizer's state. The files of Fovea 0.1 have the raw weights as weights, and the averages
 * only in the optimizer's state.
 */
function withAverages({ weights, raw, optimizer = new Map() }: WeightParts): WeightParts {
  if (raw) {
    const averages = [...raw.keys()].map((name) => [averageName(name), lookup(weights, name)] as const);
    return { weights, raw, optimizer: new Map([...optimizer, ...averages]) };
  }
  const averaged = [...weights.keys()].filter((name) => optimizer.has(averageName(name)));
  if (averaged.length === 0) return { weights, ...(optimizer.size > 0 && { optimizer }) };
  const averages = averaged.map((name) => [name, lookup(optimizer, averageName(name))] as const);
  return {
    weights: new Map([...weights, ...averages]),
    raw: new Map(averaged.map((name) => [name, lookup(weights, name)])),
    optimizer,
  };
}

/** @throws DataError if the file lacks the requested weights */
function chosenWeights(
  { weights, raw, ...rest }: WeightParts,
  training: TrainingRecord | undefined,
  choice: WeightSet | undefined,
  path: string,
): WeightParts {
  const hasAverages = raw !== undefined || training?.recipe.update?.ema !== undefined;
  if (choice === 'ema' && !hasAverages) {
    throw new DataError(`${path}: has no EMA weights: it was trained without EMA; use the raw weights.`);
  }
  if (choice === 'raw' && hasAverages && !raw) {
    throw new DataError(
      `${path}: has only EMA weights, like checkpoints of older versions; use these, or last.safetensors.`,
    );
  }
  if (choice === 'raw' && raw) return { ...rest, weights: new Map([...weights, ...raw]) };
  return { ...rest, weights, ...(raw && { raw }) };
}

function checkFiniteWeights(weights: ReadonlyMap<string, FloatTensor>, path: string): void {
  const fault = describeNonFinite(weights);
  if (!fault) return;
  throw new DataError(
    `${path}: ${fault}, expected finite numbers: its training diverged, or the file is damaged; use an earlier checkpoint.`,
  );
}

/** The fault if there is not one name per class. */
function faultOfClasses({ name, classes: outputs }: Model, classes: readonly string[]): string | undefined {
  const expected = classCount(outputs);
  if (classes.length === expected) return undefined;
  return `there are ${classes.length} class names, but ${name} has ${outputs} output(s), expected ${expected} names`;
}

function faultOfRaw(model: Model, raw: ReadonlyMap<string, Tensor> = new Map()): string {
  return describeDifferences({ ...compareWeights(model, raw), missing: [] });
}

/** The metadata of a checkpoint file. */
export function describeCheckpoint(checkpoint: Omit<Checkpoint, 'weights'>): Record<string, string> {
  const { model, preprocessing, classes, loss, training } = checkpoint;
  const { name, options, input, init } = model;
  return encodeMetadata({
    model: { name, options, input, classes: model.classes, init },
    preprocessing,
    classes,
    loss: { name: loss.name, settings: loss.settings },
    ...(training && { training }),
  });
}

function modelFor(described: ModelDescription, path: string, given: Model | undefined): Model {
  const { name, options, input, classes } = described;
  if (!given) return builtInModel(described, path);
  if (given.name !== name) {
    throw new DataError(
      `${path}: holds weights of "${name}", but the model given is "${given.name}"; give that one.`,
    );
  }
  if (sameShape(given.input, input) && given.classes === classes) return given;
  const show = (model: { input: Shape; classes: number }) =>
    `${formatShape(model.input)} -> ${model.classes} outputs`;
  throw new DataError(
    `${path}: holds ${name} for ${show(described)}, but the model given is for ${show(given)}; ` +
      `build it as it was trained (options ${JSON.stringify(options)}).`,
  );
}

function builtInModel({ name, options, input }: ModelDescription, path: string): Model {
  if (!modelNames.includes(name as ModelName)) {
    throw new UsageError(
      `${path}: holds weights of "${name}", which is not a built-in model; build it and pass it: ` +
        'loadCheckpoint(path, { model }).',
    );
  }
  try {
    return createModel(name as ModelName, { ...options, input } as ModelOptions<ModelName>);
  } catch (error) {
    throw new DataError(`${path}: its model cannot be built: ${(error as Error).message}`, { cause: error });
  }
}

function lossFor({ name, settings }: Description['loss'], path: string, given: Loss | undefined): Loss {
  if (given && given.name === name) return given;
  if (given)
    throw new UsageError(
      `${path}: was trained with the loss "${name}", but the loss given is "${given.name}".`,
    );
  if (Object.hasOwn(losses, name)) return createLoss(name, settings);
  throw new UsageError(
    `${path}: was trained with the loss "${name}", which is none of ${Object.keys(losses).join(', ')}; ` +
      'pass it: loadCheckpoint(path, { loss }).',
  );
}

/** By prefix. Tensors that are neither the model's nor float32 tensors of an optimizer count as weights that do not fit. */
function divide(tensors: ReadonlyMap<string, Tensor>, model: Model) {
  const own = namedParameters(model.network);
  const weights = new Map<string, Tensor>();
  const raw = new Map<string, Tensor>();
  const optimizer = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const isOwn = own.has(name) || tensor.dtype !== 'float32';
    if (!isOwn && name.startsWith(RAW_PREFIX)) raw.set(name.slice(RAW_PREFIX.length), tensor);
    else if (!isOwn && name.startsWith(OPTIMIZER_PREFIX)) optimizer.set(name, tensor);
    else weights.set(name, tensor);
  }
  return { weights, ...(raw.size > 0 && { raw }), ...(optimizer.size > 0 && { optimizer }) };
}
