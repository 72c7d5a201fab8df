// Checks of arguments of constructors and functions, for callers in plain JavaScript.
import { UsageError } from './errors.ts';
import { visible } from './text.ts';

/** A short description of any value, for errors. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return `the function or class ${value.name || 'without a name'}`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? quoted(value) : String(value);
  if (Array.isArray(value))
    return `[${value.slice(0, 4).map(shown).join(', ')}${value.length > 4 ? ', ...' : ''}]`;
  const { name } = value.constructor ?? Object;
  return name === 'Object' ? `{ ${Object.keys(value).slice(0, 4).map(visible).join(', ')} }` : `a ${name}`;
}

function quoted(text: string): string {
  return `"${visible(text.slice(0, 40))}"`;
}

/** @param call how the constructor is called, for example `new Conv2d(inputs, outputs, kernel, options?)` */
export function checkCount(call: string, what: string, value: unknown, least = 1): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw wrongArgument(call, what, `an integer of at least ${least}`, value);
}

/** A number of at least `least` for both sides, or [height, width]. */
export function checkExtent(call: string, what: string, value: unknown, least = 1): void {
  const sides = Array.isArray(value) ? value : [value, value];
  const fits = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= least;
  if (sides.length === 2 && sides.every(fits)) return;
  throw wrongArgument(call, what, `an integer of at least ${least}, or [height, width]`, value);
}

export function checkFlag(call: string, what: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrongArgument(call, what, 'true or false', value);
}

/** An object of named options, all of them known. */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongArgument(call, 'options', `an object such as { ${known[0]}: ... }`, options);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new UsageError(`${call}: there is no option ${quoted(unknown)}; known: ${known.join(', ')}.`);
}

export function wrongArgument(call: string, what: string, expected: string, value: unknown): UsageError {
  return new UsageError(`${call}: ${what} must be ${expected}, got ${shown(value)}.`);
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

/** Kinds of arguments of the library's functions, and where they come from. */
export const checkArgument = {
  model: (call: string, value: unknown) =>
    checkObject(
      call,
      'model',
      value,
      ['network', 'input', 'classes'],
      'a model, as createModel or defineModel gives',
    ),
  data: (call: string, value: unknown) =>
    checkObject(call, 'data', value, ['splits', 'classes'], 'a data set, as openDataset gives'),
  dataset: (call: string, value: unknown) =>
    checkObject(
      call,
      'dataset',
      value,
      ['length', 'get'],
      'one part of a data set, such as data.splits.test',
    ),
  checkpoint: (call: string, value: unknown) =>
    checkObject(
      call,
      'checkpoint',
      value,
      ['model', 'weights'],
      'a checkpoint, as train or loadCheckpoint gives',
    ),
  options: (call: string, value: unknown) => checkObject(call, 'options', value, [], 'an object'),
  engine: (call: string, value: unknown) =>
    value === undefined ||
    checkObject(call, 'engine', value, ['compile', 'createState'], 'an engine, as openEngine gives'),
};
