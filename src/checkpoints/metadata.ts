// The metadata of a checkpoint: model, preprocessing, classes, loss, and the state of training.

import { DataError } from '../base/errors.ts';
import { isCount, isNumber, isString, read, readObject } from '../base/json.ts';
import { type Preprocessing, readPreprocessing } from '../data/transforms/transforms.ts';
import { type InitName, initNames, type LossSettings, type OptionValue } from '../nn/index.ts';
import type { PlateauState } from '../optim/plateau.ts';
import { isInput, isLossSettings, isOptions, isStrings } from '../recipe/fields.ts';
import { type Recipe, readRecipe, within } from '../recipe/recipe.ts';

export interface ModelDescription {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Channels, height and width. */
  readonly input: readonly [number, number, number];
  /** Number of outputs. */
  readonly classes: number;
  readonly init: InitName;
}

/** The best evaluation on the validation set so far. */
export interface BestValidation {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** How a checkpoint was trained, and the state of the run. */
export interface TrainingRecord {
  readonly recipe: Recipe;
  /** Steps done. */
  readonly step: number;
  /** Step of the last evaluation on the validation set; 0 before the first. */
  readonly evaluatedStep: number;
  readonly best?: BestValidation;
  /** State of a plateau schedule, from the first evaluation on. */
  readonly plateau?: PlateauState;
  /** Evaluations since the best one. */
  readonly sinceBest: number;
}

/** A checkpoint without its tensors. */
export interface Description {
  readonly model: ModelDescription;
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
  readonly loss: { readonly name: string; readonly settings: LossSettings };
  readonly training?: TrainingRecord;
}

/** Incremented when older checkpoints can no longer be read. */
const FORMAT_VERSION = 1;

/** One JSON text per part, beside the version of the format. */
export function encodeMetadata(description: Description): Record<string, string> {
  const entries = Object.entries(description).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return { fovea: String(FORMAT_VERSION), ...Object.fromEntries(entries) };
}

/**
 * Reads what `encodeMetadata` wrote, from a file of unknown origin.
 * @throws DataError if it is not a checkpoint, of a later version, or damaged
 */
export function decodeMetadata(metadata: Readonly<Record<string, string>>, path: string): Description {
  checkVersion(metadata.fovea, path);
  const part = (key: string): unknown => parse(metadata[key], `${path}: ${key}`);
  const training = metadata.training === undefined ? undefined : readTraining(part('training'), path);
  return {
    model: readModel(part('model'), `${path}: model`),
    preprocessing: within(path, () => readPreprocessing(part('preprocessing'))),
    classes: readClasses(part('classes'), `${path}: classes`),
    loss: readLoss(part('loss'), `${path}: loss`),
    ...(training && { training }),
  };
}

function checkVersion(version: string | undefined, path: string): void {
  if (version === undefined) {
    throw new DataError(
      `${path}: is a safetensors file, but no checkpoint of Fovea: its metadata name no model; import its weights ` +
        'with `fovea import`, which makes a checkpoint of them.',
    );
  }
  if (version !== String(FORMAT_VERSION)) {
    throw new DataError(
      `${path}: has checkpoint format ${version}, but this version of Fovea reads ${FORMAT_VERSION}; update Fovea.`,
    );
  }
}

function parse(text: string | undefined, place: string): unknown {
  if (text === undefined) throw new DataError(`${place} is missing from the checkpoint's metadata.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${place} is not JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}

function readModel(json: unknown, place: string): ModelDescription {
  const { name, options, input, classes, init } = readObject(json, place);
  return {
    name: read(name, `${place}.name`, 'a name', isString),
    options: read(options, `${place}.options`, 'strings, numbers and booleans by name', isOptions),
    input: read(input, `${place}.input`, '[channels, height, width]', isInput),
    classes: read(classes, `${place}.classes`, 'a non-negative integer', isCount),
    init: read(init, `${place}.init`, initNames.join(' or '), isInit),
  };
}

function readLoss(json: unknown, place: string): Description['loss'] {
  const { name, settings } = readObject(json, place);
  return {
    name: read(name, `${place}.name`, 'a name', isString),
    settings: read(settings, `${place}.settings`, 'numbers, or lists of them, by name', isLossSettings),
  };
}

function readClasses(json: unknown, place: string): readonly string[] {
  return read(json, place, 'a list of names', isStrings);
}

function readTraining(json: unknown, path: string): TrainingRecord {
  const place = `${path}: training`;
  const { recipe, step, evaluatedStep, best, sinceBest, plateau } = readObject(json, place);
  return {
    recipe: readRecipe(recipe, `${place}.recipe`),
    step: read(step, `${place}.step`, 'a non-negative integer', isCount),
    evaluatedStep: read(evaluatedStep, `${place}.evaluatedStep`, 'a non-negative integer', isCount),
    sinceBest: read(sinceBest, `${place}.sinceBest`, 'a non-negative integer', isCount),
    ...(best !== undefined && { best: readBest(best, `${place}.best`) }),
    ...(plateau !== undefined && { plateau: readPlateau(plateau, `${place}.plateau`) }),
  };
}

function readBest(json: unknown, place: string): BestValidation {
  const { step, loss, accuracy } = readObject(json, place);
  return {
    step: read(step, `${place}.step`, 'a non-negative integer', isCount),
    loss: read(loss, `${place}.loss`, 'a number', isNumber),
    accuracy: read(accuracy, `${place}.accuracy`, 'a number', isNumber),
  };
}

function readPlateau(json: unknown, place: string): PlateauState {
  const { lowest, ...counts } = readObject(json, place);
  const count = (key: string) => read(counts[key], `${place}.${key}`, 'a non-negative integer', isCount);
  return {
    lowest: read(lowest, `${place}.lowest`, 'a number', isNumber),
    reductions: count('reductions'), // In the order of `nextPlateau`: the stored text stays the same.
    waited: count('waited'),
    cooling: count('cooling'),
  };
}

const isInit = (value: unknown): value is InitName => initNames.includes(value as InitName);
