// Fields of transforms, read from JSON of any origin. Each function throws a DataError that names the place and the field.
import { DataError } from '../../base/errors.ts';
import { type Fields, isCount, isListOf, isNumber, read } from '../../base/json.ts';

/** Lower and upper bound, both included. */
export type Range = readonly [low: number, high: number];

/** Largest height or width. */
const MAX_EXTENT = 2 ** 13;

/** One of a few values; the first one if the field is missing and optional. */
export function choice<T extends number | string>(
  fields: Fields,
  field: string,
  values: readonly T[],
  place: string,
  { optional = false } = {},
): T {
  if (optional && fields[field] === undefined) return values[0];
  const isOne = (value: unknown): value is T => values.some((one) => one === value);
  return read(fields[field], `${place}: ${field}`, values.join(' or '), isOne);
}

/** `[height, width]`, integers from 1 to 8192. */
export function sizePair(fields: Fields, field: string, place: string): readonly [number, number] {
  const isSize = (value: unknown): value is [number, number] =>
    isListOf(value, isExtent) && value.length === 2;
  const expected = `[height, width], integers from 1 to ${MAX_EXTENT}`;
  return read(fields[field], `${place}: ${field}`, expected, isSize);
}

/** `[height, width]`, or one integer from 1 to 8192. */
export function sizeOrSide(fields: Fields, field: string, place: string): readonly [number, number] | number {
  const value = fields[field];
  return isExtent(value) ? value : sizePair(fields, field, place);
}

/** A number for each channel: one for grayscale images, three for RGB. */
export function channelValues(fields: Fields, field: string, place: string): readonly number[] {
  const isForChannels = (value: unknown): value is number[] =>
    isListOf(value, isNumber) && (value.length === 1 || value.length === 3);
  const expected = 'one number for grayscale images, or three for RGB';
  return read(fields[field], `${place}: ${field}`, expected, isForChannels);
}

/** A color: one value 0 .. 255 for all channels, or three for RGB; `fallback` if the field is missing. */
export function fillColor(
  fields: Fields,
  field: string,
  place: string,
  fallback: readonly number[],
): readonly number[] {
  if (fields[field] === undefined) return fallback;
  const isByte = (value: unknown): value is number => isCount(value) && value <= 255;
  const isColor = (value: unknown): value is number[] => isListOf(value, isByte);
  channelValues(fields, field, place);
  return read(fields[field], `${place}: ${field}`, 'integers from 0 to 255', isColor);
}

/** A number inside a range; `fallback`, if there is one, if the field is missing. */
export function numberWithin(
  fields: Fields,
  field: string,
  place: string,
  [least, most]: Range,
  fallback?: number,
): number {
  const fits = (value: unknown): value is number =>
    typeof value === 'number' && value >= least && value <= most;
  return read(fields[field] ?? fallback, `${place}: ${field}`, `a number from ${least} to ${most}`, fits);
}

/** An odd integer from 1 to `most`; `fallback` if the field is missing. */
export function oddInteger(
  fields: Fields,
  field: string,
  place: string,
  most: number,
  fallback: number,
): number {
  const fits = (value: unknown): value is number => isCount(value) && value % 2 === 1 && value <= most;
  return read(fields[field] ?? fallback, `${place}: ${field}`, `an odd integer from 1 to ${most}`, fits);
}

/** Two numbers inside a range; `fallback`, if there is one, if the field is missing. */
export function pairWithin(
  fields: Fields,
  field: string,
  place: string,
  [least, most]: Range,
  fallback?: readonly [number, number],
): readonly [number, number] {
  const isWithin = (value: unknown): value is number => isNumber(value) && value >= least && value <= most;
  const fits = (value: unknown): value is [number, number] => isListOf(value, isWithin) && value.length === 2;
  const value = fields[field] ?? fallback;
  return [...read(value, `${place}: ${field}`, `two numbers from ${least} to ${most}`, fits)];
}

/** `[low, high]` inside a range; `fallback`, if there is one, if the field is missing. */
export function rangeWithin(
  fields: Fields,
  field: string,
  place: string,
  within: Range,
  fallback?: Range,
): Range {
  const [low, high] = pairWithin(fields, field, place, within, fallback);
  if (low <= high) return [low, high];
  throw new DataError(`${place}: ${field} is [${low},${high}]; expected the lower number first.`);
}

/** Four integers from 0: left, top, right and bottom. */
export function fourMargins(
  fields: Fields,
  field: string,
  place: string,
): readonly [number, number, number, number] {
  const isMargin = (value: unknown): value is number => value === 0 || isExtent(value);
  const areMargins = (value: unknown): value is [number, number, number, number] =>
    isListOf(value, isMargin) && value.length === 4;
  const expected = `[left, top, right, bottom], integers from 0 to ${MAX_EXTENT}`;
  return read(fields[field], `${place}: ${field}`, expected, areMargins);
}

/** The range of numbers up to `amount` away from 0. */
export function aroundZero(amount = 0): Range {
  return [0 - amount, amount]; // Not -0, which JSON does not keep.
}

/** The range of numbers up to `amount` away from 1. */
export function aroundOne(amount = 0): Range {
  return [1 - amount, 1 + amount];
}

function isExtent(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= MAX_EXTENT;
}
