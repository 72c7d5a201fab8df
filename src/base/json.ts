// Checks of JSON values of any origin: files, checkpoints, other programs.
import { DataError } from './errors.ts';

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Longest part of a wrong value that a message shows. */
const SHOWN = 80;

/**
 * The value, if it is what was expected.
 * @param place what messages call it, for example `config.json: epochs`
 * @throws DataError that says what it is instead
 */
export function read<T>(
  value: unknown,
  place: string,
  expected: string,
  fits: (value: unknown) => value is T,
): T {
  if (fits(value)) return value;
  const text = JSON.stringify(value) ?? 'missing';
  throw new DataError(`${place} is ${text.slice(0, SHOWN)}; expected ${expected}.`);
}

/** The fields of an object. @throws DataError for anything else */
export function readObject(json: unknown, place: string): Fields {
  return read(json, place, 'an object', isRecord);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const isString = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** A safe integer of at least 0. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export function isListOf<T>(value: unknown, fits: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(fits);
}

export const isStrings = (value: unknown): value is string[] => isListOf(value, isString);

export function isMapOf<T>(value: unknown, fits: (entry: unknown) => entry is T): value is Record<string, T> {
  return isRecord(value) && Object.values(value).every(fits);
}

export const isNumbers = (value: unknown): value is Record<string, number> => isMapOf(value, isNumber);
