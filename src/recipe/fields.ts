// Checks of values from JSON that may come from anywhere.

import { isCount, isListOf, isMapOf, isNumber, isString } from '../base/json.ts';
import type { LossSettings, OptionValue } from '../nn/index.ts';

export const isNumberOrNull = (value: unknown): value is number | null => value === null || isNumber(value);
export const isInput = (value: unknown): value is [number, number, number] =>
  isListOf(value, isCount) && value.length === 3;
export const isStrings = (value: unknown): value is string[] => isListOf(value, isString);
export const isOptions = (value: unknown): value is Record<string, OptionValue> =>
  isMapOf(
    value,
    (entry): entry is OptionValue => isString(entry) || isNumber(entry) || typeof entry === 'boolean',
  );
export const isNumbers = (value: unknown): value is Record<string, number> => isMapOf(value, isNumber);
export const isLossSettings = (value: unknown): value is LossSettings =>
  isMapOf(value, (entry): entry is number | number[] => isNumber(entry) || isListOf(entry, isNumber));
