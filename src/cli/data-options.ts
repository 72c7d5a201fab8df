// The options of data sets on the command line, for one data set or for two that are compared.
import type { Command } from 'commander';
import { UsageError } from '../base/errors.ts';
import { formatFlag } from '../base/text.ts';
import { dataSetNames, type SourceOption, sourceOptions, takesOption } from '../data/sources.ts';
import { type DataChoice, dataOptions } from '../recipe/data-options.ts';
import { addOptions, toCommandOption } from './options.ts';

/** All options of data sets but the name. */
const { data: _, ...others } = dataOptions;
export const furtherDataOptions = others;

type FurtherKey = keyof typeof furtherDataOptions;

/** Options for two data sets at once, and for each alone: `--subset`, `--target-subset`. */
export function addOptionsOfSides(command: Command, sides: readonly string[]): Command {
  const ofSides = sides.flatMap((side) =>
    Object.entries(furtherDataOptions).map(([key, option]) => {
      const flag = `--${side}-${formatFlag(key).slice(2)}`;
      const flags = key === 'dataDir' ? `--${side}-dir, ${flag}` : flag;
      return toCommandOption(option, flags).hideHelp();
    }),
  );
  return ofSides.reduce((own, option) => own.addOption(option), addOptions(command, furtherDataOptions));
}

/**
 * The choice for one of two data sets: its own options, and the common ones its source accepts.
 * @param data names of the data sets by side
 */
export function choiceOfSide(
  side: string,
  data: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
): DataChoice {
  const own = (key: string) => options[`${side}${key[0].toUpperCase()}${key.slice(1)}`];
  const chosen = (Object.keys(furtherDataOptions) as FurtherKey[]).flatMap((key) => {
    const value = own(key) ?? (isFor(key, data[side], Object.values(data)) ? options[key] : undefined);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { data: data[side], ...Object.fromEntries(chosen) };
}

/** A common option that no data set accepts goes to each of them, so that each reports it. */
function isFor(key: FurtherKey, data: string, all: readonly string[]): boolean {
  const takes = (name: string) => !isSourceOption(key) || takesOption(name, key);
  return takes(data) || !all.some(takes);
}

function isSourceOption(key: string): key is SourceOption {
  return (sourceOptions as readonly string[]).includes(key);
}

/** The choice as command-line arguments, not yet quoted. */
export function dataWords(choice: DataChoice): string[] {
  return (Object.keys(dataOptions) as (keyof typeof dataOptions)[]).flatMap((key) => {
    const value = choice[key];
    if (value === undefined) return [];
    return typeof value === 'string' ? [formatFlag(key), value] : [formatFlag(key)];
  });
}

/** The choice with its data set. @throws UsageError without --data */
export function withDataSet<T extends { readonly data?: string | undefined }>(choice: T): T & DataChoice {
  const { data } = choice;
  if (data === undefined) throw new UsageError(`no data set: give --data ${dataSetNames.join(', ')}.`);
  return { ...choice, data };
}
