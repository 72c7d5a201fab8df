// Reading fields of JSON that may come from anywhere.
import { DataError } from '../../base/errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** From the lower to the higher, both included. */
export type Range = readonly [low: number, high: number];

const MAX_EXTENT = 2 ** 13;

function wrong(fields: Fields, field: string, place: string, expected: string): DataError {
  const text = JSON.stringify(fields[field]) ?? 'missing';
  return new DataError(`${place}: ${field} is ${text.slice(0, 80)}; expected ${expected}.`);
}

/** The fields of an object. */
export function fieldsOf(json: unknown, place: string): Fields {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Fields;
  throw new DataError(`${place}: is ${JSON.stringify(json)}; expected an object.`);
}

/** One of a few values; the first one if the field is missing and may be. */
export function choice<T extends number | string>(
  fields: Fields,
  field: string,
  values: readonly T[],
  place: string,
  { optional = false } = {},
): T {
  if (optional && fields[field] === undefined) return values[0];
  const found = values.find((value) => value === fields[field]);
  if (found === undefined) throw wrong(fields, field, place, values.join(' or '));
  return found;
}

/** `[height, width]`, whole numbers from 1 to 8192. */
export function sizePair(fields: Fields, field: string, place: string): readonly [number, number] {
  const value = fields[field];
  if (isListOf(value, 2) && value.every(isExtent)) return [value[0], value[1]];
  throw wrong(fields, field, place, `[height, width], whole numbers from 1 to ${MAX_EXTENT}`);
}

/** `[height, width]`, or one whole number from 1 to 8192. */
export function sizeOrSide(fields: Fields, field: string, place: string): readonly [number, number] | number {
  const value = fields[field];
  return isExtent(value) ? value : sizePair(fields, field, place);
}

/** Numbers for each channel: one for grey images, three for RGB. */
export function channelValues(fields: Fields, field: string, place: string): readonly number[] {
  const value = fields[field];
  if (isListOf(value, 1) || isListOf(value, 3)) return value;
  throw wrong(fields, field, place, 'one number for grey images, or three for RGB');
}

/** A colour: one value 0 .. 255 for all channels or three for RGB; `fallback` if the field is missing. */
export function fillColor(
  fields: Fields,
  field: string,
  place: string,
  fallback: readonly number[],
): readonly number[] {
  if (fields[field] === undefined) return fallback;
  const values = channelValues(fields, field, place);
  if (values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return values;
  throw wrong(fields, field, place, 'whole numbers from 0 to 255');
}

/** A number inside `within`; `fallback`, if there is one, if the field is missing. */
export function numberWithin(
  fields: Fields,
  field: string,
  place: string,
  [least, most]: Range,
  fallback?: number,
): number {
  const value = fields[field] ?? fallback;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw wrong(fields, field, place, `a number from ${least} to ${most}`);
}

/** Two numbers inside `within`; `fallback`, if there is one, if the field is missing. */
export function pairWithin(
  fields: Fields,
  field: string,
  place: string,
  [least, most]: Range,
  fallback?: readonly [number, number],
): readonly [number, number] {
  const value = fields[field] ?? fallback;
  if (isListOf(value, 2) && value.every((entry) => entry >= least && entry <= most)) {
    return [value[0], value[1]];
  }
  throw wrong(fields, field, place, `two numbers from ${least} to ${most}`);
}

/** `[low, high]` inside `within`; `fallback`, if there is one, if the field is missing. */
export function rangeWithin(
  fields: Fields,
  field: string,
  place: string,
  within: Range,
  fallback?: Range,
): Range {
  const [low, high] = pairWithin(fields, field, place, within, fallback);
  if (low <= high) return [low, high];
  throw wrong(fields, field, place, 'the lower number first');
}

/** Four whole numbers from 0: left, top, right and bottom. */
export function fourMargins(
  fields: Fields,
  field: string,
  place: string,
): readonly [number, number, number, number] {
  const value = fields[field];
  const isMargin = (margin: number) => margin === 0 || isExtent(margin);
  if (isListOf(value, 4) && value.every(isMargin)) return [value[0], value[1], value[2], value[3]];
  throw wrong(fields, field, place, `[left, top, right, bottom], whole numbers from 0 to ${MAX_EXTENT}`);
}

function isListOf(value: unknown, length: number): value is readonly number[] {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}

function isExtent(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_EXTENT;
}
