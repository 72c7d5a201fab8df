// Reading fields of JSON that may come from anywhere.
import { DataError } from '../tensor/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

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

/** One of a few values. */
export function choice<T extends number | string>(
  fields: Fields,
  field: string,
  values: readonly T[],
  place: string,
): T {
  const found = values.find((value) => value === fields[field]);
  if (found === undefined) throw wrong(fields, field, place, values.join(' or '));
  return found;
}

/** `[height, width]`, whole numbers from 1 to 8192. */
export function sizePair(fields: Fields, field: string, place: string): readonly [number, number] {
  const value = fields[field];
  const isExtent = (extent: unknown) =>
    Number.isInteger(extent) && Number(extent) >= 1 && Number(extent) <= MAX_EXTENT;
  if (Array.isArray(value) && value.length === 2 && value.every(isExtent)) return [value[0], value[1]];
  throw wrong(fields, field, place, `[height, width], whole numbers from 1 to ${MAX_EXTENT}`);
}

/** Numbers for each channel: one for grey images, three for RGB. */
export function channelValues(fields: Fields, field: string, place: string): readonly number[] {
  const value = fields[field];
  const isList = Array.isArray(value) && (value.length === 1 || value.length === 3);
  if (isList && value.every((entry) => Number.isFinite(entry))) return value as number[];
  throw wrong(fields, field, place, 'one number for grey images, or three for RGB');
}
