// Tables of options on the command line, and the options that several commands share.

import { type Command, Option as CommandOption } from 'commander';
import {
  choice,
  describeOption,
  type Option,
  type OptionTable,
  option,
  parseOption,
  placeholderOf,
  type SettledOf,
  text,
} from '../base/option.ts';
import { formatFlag } from '../base/text.ts';
import { splitNames } from '../data/dataset.ts';
import type { Engine } from '../engines/engine.ts';
import { engineNames, openEngine } from '../engines/index.ts';
import { createModel, findEntry, type ModelName, parseModelOptions } from '../models/index.ts';
import type { Model } from '../nn/index.ts';
import type { modelOptions } from '../recipe/options.ts';
import { MAX_THREADS } from '../system/threads.ts';

/** Adds an option for every row of a table. */
export function addOptions(command: Command, table: OptionTable): Command {
  return Object.entries(table).reduce(
    (own, [name, option]) => own.addOption(toCommandOption(option, formatFlag(name))),
    command,
  );
}

/** @param flags such as `--batch-size` */
export function toCommandOption(option: Option, flags: string): CommandOption {
  const { kind, group, required = false } = option;
  const usage = kind.type === 'flag' ? flags : `${flags} <${placeholderOf(option)}>`;
  const result = new CommandOption(usage, describeOption(option)).makeOptionMandatory(required);
  if (group !== undefined) result.helpGroup(group);
  if (kind.type === 'texts') result.argParser((text, before: readonly string[] = []) => [...before, text]);
  else if (kind.type !== 'flag') result.argParser((text) => parseOption(withFlag(option, flags), text));
  return result;
}

/** Names the flag in messages unless the label says the same: `EMA decay (--ema)`. */
function withFlag(option: Option, flags: string): Option {
  const flag = flags.replace(/^.*, /, '');
  return flag.slice(2).replaceAll('-', ' ') === option.label
    ? option
    : { ...option, label: `${option.label} (${flag})` };
}

export const engineOptions = {
  engine: option(choice(engineNames), 'engine', 'engine', { default: 'auto', placeholder: 'name' }),
  threads: option({ type: 'integer', min: 1, max: MAX_THREADS }, 'threads', 'threads of the engine', {
    defaultText: 'all cores',
  }),
} as const satisfies OptionTable;

export type EngineChoice = SettledOf<typeof engineOptions>;

/** @throws EngineError if the engine does not run here */
export function openChosenEngine({ engine, threads }: EngineChoice): Promise<Engine> {
  return openEngine(engine, threads === undefined ? {} : { threads });
}

/** Which split of a data set. */
export const splitOption = {
  split: option(text, 'split', `split: ${splitNames.join(', ')} or all`, {
    default: 'test',
    placeholder: 'name',
  }),
} as const satisfies OptionTable;

/** Batch and image size of commands that make up their own images. */
export const inputOption = {
  input: option(
    { type: 'shape', axes: ['N', 'C', 'H', 'W'] },
    'input',
    'input shape: batch, channels, height, width',
    { defaultText: "one image of the network's size" },
  ),
} as const satisfies OptionTable;

/** [N, C, H, W] */
export type InputShape = readonly [number, number, number, number];
/** [C, H, W] */
export type ImageShape = readonly [number, number, number];

/** `[C, H, W]` of `[N, C, H, W]`. */
export function imageOf([, channels, height, width]: InputShape): ImageShape {
  return [channels, height, width];
}

/** Arguments of several commands. */
export const MODEL_ARGUMENT = ['<model>', 'name of a network, see `fovea models`'] as const;
export const CHECKPOINT_ARGUMENT = [
  '<checkpoint>',
  'a checkpoint, or a run folder (best checkpoint)',
] as const;

export type ModelChoice = SettledOf<typeof modelOptions>;

/**
 * A built-in network.
 * @param input its input shape `[C, H, W]` (default: the network's own)
 * @throws UsageError for an unknown name or option
 */
export function buildModel(name: string, { classes, option = [] }: ModelChoice, input?: ImageShape): Model {
  findEntry(name);
  return createModel(name as ModelName, {
    ...(input && { input }),
    ...(classes !== undefined && { classes }),
    ...parseModelOptions(name, option),
  });
}
