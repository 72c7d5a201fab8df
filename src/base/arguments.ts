// Checks of arguments of constructors and functions, for callers in plain JavaScript too.
import { UsageError } from './errors.ts';
import { formatInteger, visible } from './text.ts';

/** A short description of any value, for errors. */
export function describeValue(value: unknown): string {
  if (typeof value === 'function') return `the function or class ${value.name || 'without a name'}`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? quoted(value) : String(value);
  if (Array.isArray(value))
    return `[${value.slice(0, 4).map(describeValue).join(', ')}${value.length > 4 ? ', ...' : ''}]`;
  const { name } = value.constructor ?? Object;
  return name === 'Object' ? `{ ${Object.keys(value).slice(0, 4).map(visible).join(', ')} }` : `a ${name}`;
}

function quoted(text: string): string {
  return `"${visible(text.slice(0, 40))}"`;
}

/** `a positive integer`, `a non-negative integer`, `an integer of at least 10` or `an integer from 1 to 8`. */
export function describeInteger(least = 1, most = Number.MAX_SAFE_INTEGER): string {
  if (most < Number.MAX_SAFE_INTEGER) return `an integer from ${least} to ${formatInteger(most)}`;
  if (least === 1) return 'a positive integer';
  return least === 0 ? 'a non-negative integer' : `an integer of at least ${least}`;
}

export function isInteger(value: unknown, least = 1, most = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** @throws UsageError such as `batch size must be a positive integer, got 0.` */
export function checkInteger(what: string, value: unknown, least = 1, most?: number): void {
  if (isInteger(value, least, most)) return;
  throw new UsageError(`${what} must be ${describeInteger(least, most)}, got ${describeValue(value)}.`);
}

/** @param call how the constructor is called, for example `new Conv2d(inputs, outputs, kernel, options?)` */
export function checkCount(call: string, what: string, value: unknown, least = 1): void {
  checkInteger(`${call}: ${what}`, value, least);
}

/** An integer of at least `least` for both sides, or [height, width]. */
export function checkExtent(call: string, what: string, value: unknown, least = 1): void {
  const sides = Array.isArray(value) ? value : [value, value];
  if (sides.length === 2 && sides.every((side) => isInteger(side, least))) return;
  throw wrongArgument(call, what, `${describeInteger(least)}, or [height, width]`, value);
}

export function checkFlag(call: string, what: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrongArgument(call, what, 'true or false', value);
}

/** An object of named options, all of them known. */
export function checkOptionNames(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongArgument(call, 'options', `an object such as { ${known[0]}: ... }`, options);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new UsageError(`${call}: unknown option ${quoted(unknown)}; known: ${known.join(', ')}.`);
}

export function wrongArgument(call: string, what: string, expected: string, value: unknown): UsageError {
  return new UsageError(`${call}: ${what} must be ${expected}, got ${describeValue(value)}.`);
}

export function checkPath(call: string, what: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw wrongArgument(call, what, 'a non-empty string', value);
}

export function checkText(call: string, what: string, value: unknown): void {
  if (typeof value !== 'string') throw wrongArgument(call, what, 'a string', value);
}

/** An object that has these fields. */
export function checkObject(
  call: string,
  what: string,
  value: unknown,
  fields: readonly string[],
  expected = `an object with ${fields.join(', ')}`,
): void {
  const fits = typeof value === 'object' && value !== null && fields.every((field) => field in value);
  if (!fits) throw wrongArgument(call, what, expected, value);
}

/** Arguments that several functions of the library take, and where they come from. */
export const checkArgument = {
  model: (call: string, value: unknown) =>
    checkObject(
      call,
      'model',
      value,
      ['network', 'input', 'classes'],
      'a model, as createModel or defineModel returns',
    ),
  data: (call: string, value: unknown) =>
    checkObject(call, 'data', value, ['splits', 'classes'], 'a data set, as openDataset returns'),
  dataset: (call: string, value: unknown) =>
    checkObject(call, 'dataset', value, ['length', 'get'], 'a split of a data set, such as data.splits.test'),
  checkpoint: (call: string, value: unknown) =>
    checkObject(
      call,
      'checkpoint',
      value,
      ['model', 'weights'],
      'a checkpoint, as train or loadCheckpoint returns',
    ),
  options: (call: string, value: unknown) => checkObject(call, 'options', value, [], 'an object'),
  engine: (call: string, value: unknown) =>
    value === undefined ||
    checkObject(call, 'engine', value, ['compile', 'createState'], 'an engine, as openEngine returns'),
};
