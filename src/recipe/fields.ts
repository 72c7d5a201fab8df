// Checks of values in JSON of unknown origin.

import { DataError } from '../base/errors.ts';
import type { LossSettings, OptionValue } from '../nn/index.ts';

/** `value`, checked. @throws DataError with what was found and expected */
export function read<T>(
  value: unknown,
  place: string,
  expected: string,
  fits: (value: unknown) => value is T,
): T {
  if (fits(value)) return value;
  const text = JSON.stringify(value) ?? 'missing';
  throw new DataError(`${place} is ${text.slice(0, 80)}; expected ${expected}.`);
}

export const isString = (value: unknown): value is string => typeof value === 'string';
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
export const isNumber = (value: unknown): value is number => Number.isFinite(value);
export const isNumberOrNull = (value: unknown): value is number | null => value === null || isNumber(value);
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
export const isInput = (value: unknown): value is [number, number, number] =>
  isListOf(value, isWhole) && value.length === 3;
export const isStrings = (value: unknown): value is string[] => isListOf(value, isString);
export const isOptions = (value: unknown): value is Record<string, OptionValue> =>
  isMapOf(
    value,
    (entry): entry is OptionValue => isString(entry) || isNumber(entry) || typeof entry === 'boolean',
  );
export const isNumbers = (value: unknown): value is Record<string, number> => isMapOf(value, isNumber);
export const isLossSettings = (value: unknown): value is LossSettings =>
  isMapOf(value, (entry): entry is number | number[] => isNumber(entry) || isListOf(entry, isNumber));

export function isListOf<T>(value: unknown, fits: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(fits);
}

export function isMapOf<T>(value: unknown, fits: (entry: unknown) => entry is T): value is Record<string, T> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(fits)
  );
}
