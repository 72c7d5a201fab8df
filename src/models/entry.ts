// A row of the table of built-in models: description, defaults, and the options of the network.
import type { InitName, Module, OptionValue } from '../nn/index.ts';

/** An option of a network. Its type is that of `default`. */
export interface Option<T extends OptionValue = OptionValue> {
  readonly default: T;
  readonly description: string;
  /** Allowed values; any value of the type if undefined. */
  readonly choices?: readonly T[];
}

export type Options = Readonly<Record<string, Option>>;
export type OptionValues<O extends Options> = { [K in keyof O]: O[K]['default'] };

/** Options of every network. */
export interface CommonOptions {
  /** Number of outputs. */
  readonly classes: number;
  /** Number of channels of the images. */
  readonly inChannels: number;
}

export interface Entry<O extends Options = Options> {
  readonly family: string;
  readonly description: string;
  readonly paper: string;
  /** Default input shape: [channels, height, width]. */
  readonly input: readonly [number, number, number];
  readonly classes: number;
  readonly init: InitName;
  /** Options of this network in addition to `classes`, `inChannels` and `init`. */
  readonly options: O;
  readonly build: (options: OptionValues<O> & CommonOptions) => Module;
}

/** A row whose `build` takes the options that the row declares. */
export function entry<O extends Options>(row: Entry<O>): Entry<O> {
  return row;
}

/** A Boolean option. */
export function flag(value: boolean, description: string): Option<boolean> {
  return { default: value, description };
}

/** An option with a list of values; the first is the default. */
export function choice<const T extends OptionValue>(
  choices: readonly [T, ...T[]],
  description: string,
): Option<T> {
  return { default: choices[0], description, choices };
}

/** The dropout ratio. */
export function dropoutOption(ratio: number): Option<number> {
  return { default: ratio, description: 'fraction of elements that dropout sets to 0, from 0 to below 1' };
}
