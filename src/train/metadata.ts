// The strings beside the tensors of a checkpoint: which model, how its images are prepared, and where training stands.

import { DataError } from '../base/errors.ts';
import { isBoolean, isListOf, isNumber, isString, read, readObject } from '../base/json.ts';
import { type Augmentation, readAugmentation } from '../data/transforms/augmentation.ts';
import { type Preprocessing, readPreprocessing } from '../data/transforms/transforms.ts';
import { type InitName, initNames, type LossSettings, type OptionValue } from '../nn/index.ts';
import type { PlateauState } from '../optim/plateau.ts';
import { readSchedule } from '../optim/schedule-settings.ts';
import type { FullSchedule } from '../optim/schedules.ts';
import { readUpdateSettings, type UpdateSettings } from '../optim/update-settings.ts';
import { isInput, isLossSettings, isNumberOrNull, isNumbers, isOptions, isWhole } from './fields.ts';

export interface ModelDescription {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Channels, height and width. */
  readonly input: readonly [number, number, number];
  /** Number of outputs. */
  readonly classes: number;
  readonly init: InitName;
}

/** All that decides what a run computes, so that it can be repeated. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: { readonly name: string; readonly settings: Readonly<Record<string, number>> };
  /** null if it followed a function. */
  readonly learningRate: number | null;
  readonly schedule?: FullSchedule;
  readonly update?: UpdateSettings;
  readonly freeze?: readonly string[];
  readonly seed: number;
  readonly evaluateEvery: number;
  readonly logEvery: number;
  readonly dropLast: boolean;
  readonly balance?: boolean;
  readonly augmentation?: Augmentation;
  readonly data: string;
  readonly images: { readonly train: number; readonly valid: number; readonly test: number };
}

/** A validation that was the best. */
export interface BestSoFar {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** How a checkpoint was trained, and where the run was. */
export interface TrainingRecord {
  readonly recipe: Recipe;
  /** Steps that were done. */
  readonly step: number;
  /** Step of the last validation; 0 before the first. */
  readonly evaluatedStep: number;
  readonly best?: BestSoFar;
  /** Where a plateau schedule stands, after the first validation. */
  readonly plateau?: PlateauState;
  /** Validations since the best one. */
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

/** Raised when a checkpoint of before cannot be read any more. */
const FORMAT_VERSION = 1;

/** One JSON text per part, beside the version of the format. */
export function encodeMetadata(description: Description): Record<string, string> {
  const entries = Object.entries(description).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return { fovea: String(FORMAT_VERSION), ...Object.fromEntries(entries) };
}

/**
 * Reads what `encodeMetadata` wrote, from a file that may come from anywhere.
 * @throws DataError if it is no checkpoint, one of a later version, or damaged
 */
export function decodeMetadata(metadata: Readonly<Record<string, string>>, path: string): Description {
  checkVersion(metadata.fovea, path);
  const part = (key: string): unknown => parse(metadata[key], `${path}: ${key}`);
  const training = metadata.training === undefined ? undefined : readTraining(part('training'), path);
  return {
    model: readModel(part('model'), `${path}: model`),
    preprocessing: naming(path, () => readPreprocessing(part('preprocessing'))),
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
    throw new DataError(`${place} is no JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}

/** What `read` gives; its errors begin with `place`. */
function naming<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DataError(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

function readModel(json: unknown, place: string): ModelDescription {
  const { name, options, input, classes, init } = readObject(json, place);
  return {
    name: read(name, `${place}.name`, 'a name', isString),
    options: read(options, `${place}.options`, 'texts, numbers and booleans by name', isOptions),
    input: read(input, `${place}.input`, '[channels, height, width]', isInput),
    classes: read(classes, `${place}.classes`, 'a whole number', isWhole),
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
    step: read(step, `${place}.step`, 'a whole number', isWhole),
    evaluatedStep: read(evaluatedStep, `${place}.evaluatedStep`, 'a whole number', isWhole),
    sinceBest: read(sinceBest, `${place}.sinceBest`, 'a whole number', isWhole),
    ...(best !== undefined && { best: readBest(best, `${place}.best`) }),
    ...(plateau !== undefined && { plateau: readPlateau(plateau, `${place}.plateau`) }),
  };
}

function readBest(json: unknown, place: string): BestSoFar {
  const { step, loss, accuracy } = readObject(json, place);
  return {
    step: read(step, `${place}.step`, 'a whole number', isWhole),
    loss: read(loss, `${place}.loss`, 'a number', isNumber),
    accuracy: read(accuracy, `${place}.accuracy`, 'a number', isNumber),
  };
}

function readPlateau(json: unknown, place: string): PlateauState {
  const { lowest, ...counts } = readObject(json, place);
  const count = (key: string) => read(counts[key], `${place}.${key}`, 'a whole number', isWhole);
  return {
    lowest: read(lowest, `${place}.lowest`, 'a number', isNumber),
    reductions: count('reductions'), // In the order of `afterValidation`, so that a run that has ended is saved as it was.
    waited: count('waited'),
    cooling: count('cooling'),
  };
}

function readRecipe(json: unknown, place: string): Recipe {
  const fields = readObject(json, place);
  const whole = (key: string) => read(fields[key], `${place}.${key}`, 'a whole number', isWhole);
  const optimizer = readObject(fields.optimizer, `${place}.optimizer`);
  const images = readObject(fields.images, `${place}.images`);
  const count = (key: string) => read(images[key], `${place}.images.${key}`, 'a whole number', isWhole);
  return {
    epochs: whole('epochs'),
    batchSize: whole('batchSize'),
    optimizer: {
      name: read(optimizer.name, `${place}.optimizer.name`, 'a name', isString),
      settings: read(optimizer.settings, `${place}.optimizer.settings`, 'numbers by name', isNumbers),
    },
    learningRate: read(fields.learningRate, `${place}.learningRate`, 'a number or null', isNumberOrNull),
    ...(fields.schedule !== undefined && { schedule: naming(place, () => readSchedule(fields.schedule)) }),
    ...(fields.update !== undefined && { update: naming(place, () => readUpdateSettings(fields.update)) }),
    ...(fields.freeze !== undefined && {
      freeze: read(fields.freeze, `${place}.freeze`, 'a list of names', isStrings),
    }),
    seed: whole('seed'),
    evaluateEvery: whole('evaluateEvery'),
    logEvery: whole('logEvery'),
    dropLast: read(fields.dropLast, `${place}.dropLast`, 'true or false', isBoolean),
    ...(fields.balance !== undefined && {
      balance: read(fields.balance, `${place}.balance`, 'true or false', isBoolean),
    }),
    ...(fields.augmentation !== undefined && {
      augmentation: naming(place, () => readAugmentation(fields.augmentation)),
    }),
    data: read(fields.data, `${place}.data`, 'a name', isString),
    images: { train: count('train'), valid: count('valid'), test: count('test') },
  };
}

const isStrings = (value: unknown): value is string[] => isListOf(value, isString);
const isInit = (value: unknown): value is InitName => initNames.includes(value as InitName);
