// Checkpoints: one safetensors file with a model's weights and what is needed to use them, or to go on training.
import type { Preprocessing } from '../data/transforms.ts';
import { readSafetensors, writeSafetensors } from '../formats/index.ts';
import { createModel, type ModelName, type ModelOptions, modelNames } from '../models/zoo.ts';
import { createLoss, type Loss, losses, type Model, namedParameters } from '../nn/index.ts';
import { checkArgument, checkPath } from '../tensor/arguments.ts';
import { DataError, UsageError } from '../tensor/errors.ts';
import { formatShape, type Shape, sameShape } from '../tensor/shape.ts';
import type { FloatTensor, Tensor } from '../tensor/tensor.ts';
import { visible } from '../tensor/visible.ts';
import {
  type Description,
  decodeMetadata,
  encodeMetadata,
  type ModelDescription,
  type TrainingRecord,
} from './metadata.ts';

/** A trained model with all that travels with it. */
export interface Checkpoint {
  readonly model: Model;
  /** Parameters and buffers, by name. */
  readonly weights: ReadonlyMap<string, FloatTensor>;
  /** What is done to an image before the model sees it. */
  readonly preprocessing: Preprocessing;
  /** Names of the classes, by index; two for a model with one output. */
  readonly classes: readonly string[];
  readonly loss: Loss;
  /** How it was trained, if a run made it. */
  readonly training?: TrainingRecord;
  /** The optimizer's tensors by name, where training can go on. */
  readonly optimizer?: ReadonlyMap<string, FloatTensor>;
}

export interface LoadOptions {
  /** The model, if it is not one of the zoo's. */
  readonly model?: Model;
  /** The loss, if it is not one of Fovea's. */
  readonly loss?: Loss;
}

const OPTIMIZER_PREFIX = 'optimizer.';

/** How the weights that came differ from those a model has. */
export interface WeightDifferences {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly { readonly name: string; readonly expected: Shape; readonly got: Shape }[];
}

/**
 * Writes a checkpoint; whatever happens, `path` then holds the old one or the new one.
 * @throws UsageError if its parts do not belong together
 * @throws DataError if it cannot be written
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  checkPath('saveCheckpoint(path, checkpoint)', 'path', path);
  checkArgument.checkpoint('saveCheckpoint(path, checkpoint)', checkpoint);
  const fault = describeDifferences(compareWeights(checkpoint.model, checkpoint.weights));
  if (fault) throw new UsageError(`the weights do not fit ${checkpoint.model.name}: ${fault}.`);
  const tensors = new Map<string, Tensor>([...checkpoint.weights, ...(checkpoint.optimizer ?? [])]);
  await writeSafetensors(path, tensors, describeCheckpoint(checkpoint));
}

/**
 * Reads a checkpoint. A model of the zoo is built again from its name and options; give your own as `model`.
 * @throws DataError if the file is damaged, no checkpoint, or one of another model
 * @throws UsageError if the model or the loss is not known here and was not given
 */
export async function loadCheckpoint(path: string, options: LoadOptions = {}): Promise<Checkpoint> {
  checkPath('loadCheckpoint(path, options?)', 'path', path);
  const { tensors, metadata } = await readSafetensors(path);
  const { model: described, loss, ...rest } = decodeMetadata(metadata, path);
  const model = modelFor(described, path, options.model);
  const { weights, optimizer } = divide(tensors, model);
  const fault = describeDifferences(compareWeights(model, weights));
  if (fault) throw new DataError(`${path}: its weights do not fit ${model.name}: ${fault}.`);
  return {
    ...rest,
    model,
    weights: weights as Map<string, FloatTensor>, // compareWeights takes float tensors only.
    loss: lossFor(loss, path, options.loss),
    ...(optimizer.size > 0 && { optimizer: optimizer as Map<string, FloatTensor> }),
  };
}

/** How `weights` differ from the parameters and buffers of `model`. */
export function compareWeights(model: Model, weights: ReadonlyMap<string, Tensor>): WeightDifferences {
  const expected = namedParameters(model.network);
  return {
    missing: [...expected.keys()].filter((name) => !weights.has(name)),
    unexpected: [...weights.keys()].filter((name) => !expected.has(name)),
    mismatched: [...expected].flatMap(([name, { shape }]) => {
      const given = weights.get(name);
      const fits = !given || (given.dtype === 'float32' && sameShape(given.shape, shape));
      return fits ? [] : [{ name, expected: shape, got: given.shape }];
    }),
  };
}

/** The differences in words; empty if there are none. */
export function describeDifferences({ missing, unexpected, mismatched }: WeightDifferences): string {
  const shapes = mismatched.map(
    ({ name, expected, got }) => `${name} is ${formatShape(got)} instead of float32 ${formatShape(expected)}`,
  );
  return [
    listed(`${missing.length} missing`, missing),
    listed(`${unexpected.length} unexpected`, unexpected),
    listed(`${mismatched.length} of another shape or type`, shapes),
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function listed(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 5).map(visible).join(', ');
  return `${title} (${shown}${names.length > 5 ? ', ...' : ''})`;
}

/** All of a checkpoint but its tensors, as the texts that stand beside them in a file. */
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
  if (!given) return zooModel(described, path);
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

function zooModel({ name, options, input }: ModelDescription, path: string): Model {
  if (!modelNames.includes(name as ModelName)) {
    throw new UsageError(
      `${path}: holds weights of "${name}", which is no model of the zoo; build the model and give it: ` +
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
      'give it: loadCheckpoint(path, { loss }).',
  );
}

function divide(tensors: ReadonlyMap<string, Tensor>, model: Model) {
  const own = namedParameters(model.network);
  const weights = new Map<string, Tensor>();
  const optimizer = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const isSlot = !own.has(name) && name.startsWith(OPTIMIZER_PREFIX) && tensor.dtype === 'float32';
    (isSlot ? optimizer : weights).set(name, tensor);
  }
  return { weights, optimizer };
}
