// A row of the zoo: what is known of a network before it is built, and the options it is built with.
import type { InitName, Module, OptionValue } from '../nn/index.ts';

/** An option of a network; `default` gives its type. */
export interface Option<T extends OptionValue = OptionValue> {
  readonly default: T;
  readonly description: string;
  /** The values it takes, if they are few. */
  readonly choices?: readonly T[];
}

export type Options = Readonly<Record<string, Option>>;
export type OptionValues<O extends Options> = { [K in keyof O]: O[K]['default'] };

/** What every network is built with. */
export interface CommonOptions {
  /** Number of outputs. */
  readonly classes: number;
  readonly inChannels: number;
}

export interface Entry<O extends Options = Options> {
  readonly family: string;
  readonly description: string;
  readonly paper: string;
  /** Channels, height and width the network was made for. */
  readonly input: readonly [number, number, number];
  readonly classes: number;
  readonly init: InitName;
  /** Options of this network besides `classes`, `inChannels` and `init`, which all have. */
  readonly options: O;
  readonly build: (options: OptionValues<O> & CommonOptions) => Module;
}

/** One row: the options that `build` is given are those the row declares. */
export function entry<O extends Options>(row: Entry<O>): Entry<O> {
  return row;
}

/** An option that is on or off. */
export function flag(value: boolean, description: string): Option<boolean> {
  return { default: value, description };
}

/** An option with a few values; the first is the default. */
export function choice<const T extends OptionValue>(
  choices: readonly [T, ...T[]],
  description: string,
): Option<T> {
  return { default: choices[0], description, choices };
}

/** The share of elements that dropout sets to zero. */
export function dropoutOption(ratio: number): Option<number> {
  return { default: ratio, description: 'share of elements that dropout sets to zero, from 0 to below 1' };
}
