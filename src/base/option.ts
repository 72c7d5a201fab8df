// Options as plain data: the type of a value, its bounds, default and help. Command lines, forms, checks of arguments and
// the types of choices are derived from such tables.

import { describeValue } from './arguments.ts';
import { didYouMean, UsageError } from './errors.ts';
import { formatInteger } from './text.ts';

/** What a value may be. */
export type Kind =
  | { readonly type: 'integer'; readonly min: number; readonly max?: number }
  | { readonly type: 'number'; readonly min?: number; readonly above?: number; readonly below?: number }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | { readonly type: 'flag' }
  | { readonly type: 'text' }
  /** A text that may be given several times. */
  | { readonly type: 'texts' }
  /** Positive integers, one for each of the axes, which are named as in `C,H,W`. */
  | { readonly type: 'shape'; readonly axes: readonly string[] };

export type ValueOf<K extends Kind> = K extends { type: 'integer' | 'number' }
  ? number
  : K extends { type: 'choice'; choices: readonly (infer Choice)[] }
    ? Choice
    : K extends { type: 'flag' }
      ? boolean
      : K extends { type: 'text' }
        ? string
        : K extends { type: 'shape'; axes: infer Axes }
          ? { readonly [I in keyof Axes]: number }
          : readonly string[];

export interface Option {
  /** Name in messages and forms, such as `batch size`. */
  readonly label: string;
  readonly kind: Kind;
  /** A noun phrase or an imperative; choices, unit and default are added to it. */
  readonly help: string;
  readonly default?: number | string | boolean;
  /** What applies without a value, where that depends on other options or the data. */
  readonly defaultText?: string;
  /** Stands for the value in usage lines (default: `count` for integers, else the last word of the label). */
  readonly placeholder?: string;
  /** Whether a command needs it. */
  readonly required?: true;
  /** A value other than the default. */
  readonly example?: number | string | boolean;
  /** Heading of the options it is listed with. */
  readonly group?: string;
  /** Whether a resumed run may be given another value, or is not asked about its former one (default: it keeps its own). */
  readonly resume?: 'changeable' | 'per process';
}

type Details = Omit<Option, 'kind' | 'label' | 'help'>;

/** A row of a table. */
export function option<const K extends Kind, const D extends Details = Record<never, never>>(
  kind: K,
  label: string,
  help: string,
  details?: D,
): { readonly kind: K; readonly label: string; readonly help: string } & D {
  return { kind, label, help, ...(details as D) }; // Without details, D is empty.
}

export const positiveInteger = { type: 'integer', min: 1 } as const;
export const nonNegativeInteger = { type: 'integer', min: 0 } as const;
export const positive = { type: 'number', above: 0 } as const;
export const nonNegative = { type: 'number', min: 0 } as const;
export const flag = { type: 'flag' } as const;
export const text = { type: 'text' } as const;
export const texts = { type: 'texts' } as const;

/** One of these. */
export function choice<const T extends string>(
  choices: readonly T[],
): { type: 'choice'; choices: readonly T[] } {
  return { type: 'choice', choices };
}

export type OptionTable = Readonly<Record<string, Option>>;

/** Values by name, as far as they were given. */
export type ChoicesOf<T extends OptionTable> = {
  readonly [K in keyof T]?: ValueOf<T[K]['kind']> | undefined;
};

type Always = { readonly default: unknown } | { readonly required: true };

/** Values by name, where required options and those with a default always have one. */
export type SettledOf<T extends OptionTable> = {
  readonly [K in keyof T as T[K] extends Always ? K : never]: ValueOf<T[K]['kind']>;
} & {
  readonly [K in keyof T as T[K] extends Always ? never : K]?: ValueOf<T[K]['kind']>;
};

/** `given` with the defaults of a table filled in. */
export function withDefaults<T extends OptionTable, G extends ChoicesOf<T>>(
  table: T,
  given: G,
): G & SettledOf<T> {
  const defaults = Object.entries(table).flatMap(([name, row]) =>
    row.default === undefined ? [] : [[name, row.default] as const],
  );
  return { ...Object.fromEntries(defaults), ...givenOnly(given) } as G & SettledOf<T>;
}

/** Those of `values` that are in the table and not undefined, in the table's order. */
export function pickOptions<T extends OptionTable>(
  table: T,
  values: { readonly [K in keyof T]?: unknown },
): PickedOf<T> {
  const picked = Object.keys(table).map((name) => [name, values[name]] as const);
  return givenOnly(Object.fromEntries(picked)) as PickedOf<T>;
}

/** Values that are given, without undefined ones. */
export type PickedOf<T extends OptionTable> = { readonly [K in keyof T]?: ValueOf<T[K]['kind']> };

function givenOnly<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** Help with choices and default: `optimizer (sgd or adam; default: sgd)`. */
export function describeOption({ help, kind, default: value, defaultText }: Option): string {
  const shownDefault = defaultText ?? (kind.type === 'flag' ? undefined : value);
  const notes = [
    ...(kind.type === 'choice' ? [listChoices(kind.choices)] : []),
    ...(shownDefault === undefined ? [] : [`default: ${shownDefault}`]),
  ];
  return notes.length > 0 ? `${help} (${notes.join('; ')})` : help;
}

/** Stands for the value in usage lines: `rate` of `learning rate`, `C,H,W`. */
export function placeholderOf({ kind, label, placeholder }: Option): string {
  if (kind.type === 'shape') return kind.axes.join(',');
  if (kind.type === 'integer') return placeholder ?? 'count';
  return placeholder ?? label.slice(label.lastIndexOf(' ') + 1);
}

/** What a value has to be, in words: `a positive integer`, `a number from 0 to below 1`. */
export function describeKind(kind: Kind): string {
  switch (kind.type) {
    case 'integer':
      return describeInteger(kind.min, kind.max);
    case 'number':
      return describeNumber(kind);
    case 'choice':
      return listChoices(kind.choices);
    case 'flag':
      return 'true or false';
    case 'text':
      return 'a string';
    case 'texts':
      return 'a list of strings';
    case 'shape':
      return `${kind.axes.length} positive integers ${kind.axes.join(',')} of at most ${MAX_EXTENT}`;
  }
}

/** Larger image sizes are rejected as typing errors. */
const MAX_EXTENT = 2 ** 16;

function describeInteger(min: number, max: number | undefined): string {
  if (max !== undefined) return `an integer from ${min} to ${formatInteger(max)}`;
  if (min > 1) return `an integer of at least ${min}`;
  return min === 1 ? 'a positive integer' : 'a non-negative integer';
}

function describeNumber({ min, above, below }: Extract<Kind, { type: 'number' }>): string {
  if (below !== undefined) {
    return min === undefined
      ? `a number between ${above} and ${below}`
      : `a number from ${min} to below ${below}`;
  }
  if (above === 0) return 'a positive number';
  return min === 0 ? 'a non-negative number' : `a number of at least ${min}`;
}

/** `a, b or c` */
export function listChoices(choices: readonly string[]): string {
  return choices.length > 1 ? `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}` : choices.join();
}

export function accepts(kind: Kind, value: unknown): boolean {
  switch (kind.type) {
    case 'integer':
      return (
        Number.isSafeInteger(value) && Number(value) >= kind.min && Number(value) <= (kind.max ?? Infinity)
      );
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && isWithin(kind, value);
    case 'choice':
      return typeof value === 'string' && kind.choices.includes(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    case 'texts':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
    case 'shape':
      return Array.isArray(value) && value.length === kind.axes.length && value.every(isExtent);
  }
}

function isWithin({ min, above, below }: Extract<Kind, { type: 'number' }>, value: number): boolean {
  return value >= (min ?? -Infinity) && value > (above ?? -Infinity) && value < (below ?? Infinity);
}

function isExtent(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_EXTENT;
}

/** @throws UsageError such as `batch size must be a positive integer, got 0.` */
export function checkOption({ label, kind }: Option, value: unknown): void {
  if (!accepts(kind, value)) throw wrongValue(label, kind, value);
}

/** Checks every value that a table has a row for. @throws UsageError for the first that is not valid */
export function checkOptions(table: OptionTable, values: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(table)) {
    if (values[name] !== undefined) checkOption(option, values[name]);
  }
}

/** The value of a text from a command line. @throws UsageError if it is not valid */
export function parseOption({ label, kind }: Option, text: string): number | string | readonly number[] {
  const value = parse(kind, text.trim());
  if (kind.type === 'texts' || accepts(kind, value)) return value;
  throw wrongValue(label, kind, typeof value === 'number' && !Number.isNaN(value) ? value : text);
}

function parse(kind: Kind, text: string): number | string | readonly number[] {
  switch (kind.type) {
    case 'integer':
    case 'number':
      return toNumber(text);
    case 'shape':
      return text.split(',').map(toNumber);
    default:
      return text;
  }
}

/** NaN if the text is not a number, or empty. */
export function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function wrongValue(label: string, kind: Kind, value: unknown): UsageError {
  const meant = kind.type === 'choice' ? didYouMean(String(value), kind.choices) : '';
  return new UsageError(`${label} must be ${describeKind(kind)}, got ${describeValue(value)}.${meant}`);
}
