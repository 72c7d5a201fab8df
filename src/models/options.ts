// Options of networks: checks, defaults, and parsing of `key=value`.

import { checkInteger } from '../base/arguments.ts';
import { UsageError, unknownName } from '../base/errors.ts';
import { type InitName, initNames, type OptionValue } from '../nn/index.ts';
import type { CommonOptions, Entry, Option, Options } from './entry.ts';

export type CompleteOptions = Record<string, OptionValue> & CommonOptions & { init: InitName };

/**
 * The given options of a network, checked, and the defaults of the others.
 * @throws UsageError for an unknown option or an invalid value
 */
export function completeOptions(
  name: string,
  row: Entry,
  given: Readonly<Record<string, unknown>>,
): CompleteOptions {
  const known = allOptions(row);
  const defaults = Object.entries(known).map(([key, option]) => [key, option.default]);
  const values: CompleteOptions = { ...Object.fromEntries(defaults), ...given };
  for (const [key, value] of Object.entries(values)) checkOption(name, known, key, value);
  for (const key of ['classes', 'inChannels']) {
    checkInteger(`option ${key} of ${name}`, values[key]);
  }
  return values;
}

/** Parses `key=value` texts; each value has the type of its option. */
export function parseOptions(
  name: string,
  row: Entry,
  texts: readonly string[],
): Record<string, OptionValue> {
  const known = allOptions(row);
  return Object.fromEntries(
    texts.map((text) => {
      const [key, value] = splitOption(text);
      if (!Object.hasOwn(known, key)) throw unknownName(`option of ${name}`, key, Object.keys(known));
      return [key, parseValue(key, value, known[key].default)];
    }),
  );
}

/** The options of every network, and the network's own. */
function allOptions({ classes, input: [inChannels], init, options }: Entry): Options {
  return {
    classes: { default: classes, description: 'number of outputs' },
    inChannels: { default: inChannels, description: 'number of image channels' },
    init: { default: init, description: 'initializer of the parameters', choices: initNames },
    ...options,
  };
}

function checkOption(model: string, known: Options, key: string, value: unknown): void {
  if (!Object.hasOwn(known, key)) throw unknownName(`option of ${model}`, key, Object.keys(known));
  const option: Option = known[key];
  if (typeof value !== typeof option.default) {
    throw new UsageError(
      `option ${key} of ${model} must be a ${typeof option.default}, got ${JSON.stringify(value)}.`,
    );
  }
  if (option.choices && !option.choices.includes(value as OptionValue)) {
    throw unknownName(key, String(value), option.choices.map(String));
  }
}

function splitOption(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`an option must be given as key=value, got "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function parseValue(key: string, text: string, like: OptionValue): OptionValue {
  if (typeof like === 'string') return text;
  const value: unknown = typeof like === 'boolean' ? { true: true, false: false }[text] : Number(text);
  if (value === undefined || Number.isNaN(value)) {
    throw new UsageError(
      `option ${key} must be ${typeof like === 'boolean' ? 'true or false' : 'a number'}, got "${text}".`,
    );
  }
  return value as OptionValue;
}
