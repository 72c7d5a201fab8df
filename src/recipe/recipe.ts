// The recipe of a run: all that decides what it computes, as config.json and checkpoints store it.

import { DataError } from '../base/errors.ts';
import { isCount, isString, read, readObject } from '../base/json.ts';
import {
  accepts,
  describeKind,
  type PickedOf,
  pickOptions,
  type ValueOf,
  withDefaults,
} from '../base/option.ts';
import { type Augmentation, readAugmentation } from '../data/transforms/augmentation.ts';
import type { FullSchedule } from '../optim/schedule-settings.ts';
import { readSchedule } from '../optim/schedule-settings.ts';
import { readUpdateSettings, type UpdateSettings } from '../optim/update-settings.ts';
import { isNumberOrNull, isNumbers, isStrings } from './fields.ts';
import { recipeFields, type runFields } from './options.ts';

type FieldTable = typeof recipeFields;
type FieldName = keyof FieldTable;
type NamesWith<T> = { [K in FieldName]: FieldTable[K] extends T ? K : never }[FieldName];
type ComputedName = NamesWith<{ readonly defaultText: string }>;
type ResolvedName = NamesWith<{ readonly default: unknown }> | ComputedName;
type Values<K extends FieldName> = { readonly [N in K]: ValueOf<FieldTable[N]['kind']> };

/** Fields of the recipe as they may be given. */
export type GivenFields = PickedOf<FieldTable>;
/** Those whose default depends on the data. */
export type ComputedFields = Values<ComputedName>;
/** Options of a run that do not change what it computes. */
export type RunFields = PickedOf<typeof runFields>;
/** Fields of the recipe as a run has them. */
export type ResolvedFields = Values<ResolvedName> & Partial<Values<Exclude<FieldName, ResolvedName>>>;

export interface Recipe extends ResolvedFields {
  readonly optimizer: { readonly name: string; readonly settings: Readonly<Record<string, number>> };
  /** null for a function of the caller's own. */
  readonly learningRate: number | null;
  readonly schedule?: FullSchedule;
  readonly update?: UpdateSettings;
  readonly freeze?: readonly string[];
  readonly augmentation?: Augmentation;
  readonly data: string;
  readonly images: { readonly train: number; readonly valid: number; readonly test: number };
}

/** The fields with defaults filled in. A flag that is false is omitted unless it has a default. */
export function resolveFields(given: GivenFields, computed: ComputedFields): ResolvedFields {
  const resolved = Object.entries({
    ...computed,
    ...withDefaults(recipeFields, pickOptions(recipeFields, given)),
  });
  const isStored = ([name, value]: [string, unknown]) =>
    value !== false || 'default' in recipeFields[name as FieldName];
  return Object.fromEntries(resolved.filter(isStored)) as unknown as ResolvedFields; // Row by row, as the types say.
}

/**
 * Reads a recipe of unknown origin.
 * @param place where it was found, for messages
 * @throws DataError that names the damaged field
 */
export function readRecipe(json: unknown, place: string): Recipe {
  const fields = readObject(json, place);
  const optimizer = readObject(fields.optimizer, `${place}.optimizer`);
  const images = readObject(fields.images, `${place}.images`);
  const count = (key: string) =>
    read(images[key], `${place}.images.${key}`, 'a non-negative integer', isCount);
  return {
    ...readFields(fields, place),
    optimizer: {
      name: read(optimizer.name, `${place}.optimizer.name`, 'a name', isString),
      settings: read(optimizer.settings, `${place}.optimizer.settings`, 'numbers by name', isNumbers),
    },
    learningRate: read(fields.learningRate, `${place}.learningRate`, 'a number or null', isNumberOrNull),
    ...(fields.schedule !== undefined && { schedule: within(place, () => readSchedule(fields.schedule)) }),
    ...(fields.update !== undefined && { update: within(place, () => readUpdateSettings(fields.update)) }),
    ...(fields.freeze !== undefined && {
      freeze: read(fields.freeze, `${place}.freeze`, 'a list of names', isStrings),
    }),
    ...(fields.augmentation !== undefined && {
      augmentation: within(place, () => readAugmentation(fields.augmentation)),
    }),
    data: read(fields.data, `${place}.data`, 'a name', isString),
    images: { train: count('train'), valid: count('valid'), test: count('test') },
  };
}

/** A field that an older version did not have yet gets its default. */
function readFields(fields: Readonly<Record<string, unknown>>, place: string): ResolvedFields {
  const entries = Object.entries(recipeFields).flatMap(([name, row]) => {
    const { kind } = row;
    const value = fields[name] ?? ('default' in row ? row.default : undefined);
    const isOptional = !('default' in row || 'defaultText' in row);
    if (value === undefined && isOptional) return [];
    return [
      [
        name,
        read(value, `${place}.${name}`, describeKind(kind), (it): it is unknown => accepts(kind, it)),
      ] as const,
    ];
  });
  return Object.fromEntries(entries) as unknown as ResolvedFields; // Row by row, as the types say.
}

/** The result of `read`; `place` is added to its errors. */
export function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DataError(`${place}: ${(error as Error).message}`, { cause: error });
  }
}
