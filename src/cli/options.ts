// Options that several commands share, and how their texts are read.
import { type Command, InvalidArgumentError } from 'commander';
import type { Engine } from '../engines/engine.ts';
import { type EngineName, engineNames, openEngine } from '../engines/index.ts';
import { createModel, findEntry, type ModelName, parseModelOptions } from '../models/index.ts';
import type { Model } from '../nn/index.ts';
import { MOST_THREADS } from '../system/threads.ts';

/** [N, C, H, W] */
export type InputShape = readonly [number, number, number, number];
/** [C, H, W] */
export type ImageShape = readonly [number, number, number];

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
    const limit = most < Number.MAX_SAFE_INTEGER || value >= least ? ` to ${most}` : '';
    throw new InvalidArgumentError(`It must be a whole number from ${least}${limit}.`);
  };
}

/** A number above 0, or of at least 0 where `zero` is allowed. */
export function positiveNumber({ zero = false } = {}): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && (value > 0 || (zero && value === 0))) return value;
    throw new InvalidArgumentError(`It must be a number ${zero ? 'of at least 0' : 'above 0'}.`);
  };
}

export const inputShape = extents('N,C,H,W, such as 1,3,224,224') as (text: string) => InputShape;
export const imageShape = extents('C,H,W, such as 3,224,224') as (text: string) => ImageShape;

/** Larger image sizes are taken for mistakes. */
const MOST_EXTENT = 2 ** 16;

/** Whole numbers from 1, as many as `format` names before its comma and space. */
function extents(format: string): (text: string) => readonly number[] {
  const count = format.split(', ')[0].split(',').length;
  return (text) => {
    const values = text.split(',').map(Number);
    if (values.length !== count || !values.every((value) => Number.isInteger(value) && value > 0)) {
      throw new InvalidArgumentError(`It must be ${count} whole numbers ${format}.`);
    }
    if (values.slice(-3).every((value) => value <= MOST_EXTENT)) return values;
    throw new InvalidArgumentError(`Channels, height and width may be at most ${MOST_EXTENT}.`);
  };
}

/** Collects an option that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

export interface JsonOptions {
  readonly json?: boolean;
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document');
}

export interface EngineChoice {
  readonly engine: string;
  readonly threads?: number;
}

export function withEngine(command: Command): Command {
  return command
    .option('--engine <name>', `what to compute with: ${engineNames.join(', ')}`, 'auto')
    .option(
      '--threads <count>',
      'threads to compute with (default: all cores)',
      wholeNumber(1, MOST_THREADS),
    );
}

/** What is chosen about loading images; it changes no figures. */
export interface LoadingChoice {
  readonly workers?: number;
}

export function withWorkers(command: Command): Command {
  return command.option(
    '--workers <count>',
    'threads that read and transform image files; more change no figure (default: one for each core but one, none for data in memory)',
    wholeNumber(0, MOST_THREADS),
  );
}

/** @throws UsageError for an unknown name, EngineError if the engine does not run here */
export function openChosenEngine({ engine, threads }: EngineChoice): Promise<Engine> {
  return openEngine(engine as EngineName, threads === undefined ? {} : { threads });
}

export interface ModelChoice {
  readonly classes?: number;
  readonly option?: readonly string[];
}

/** Beyond it, a network has more weights than a machine has memory. */
const MOST_CLASSES = 1e9;

export function withModelOptions(command: Command): Command {
  return command
    .option('--classes <count>', 'number of outputs', wholeNumber(1, MOST_CLASSES))
    .option(
      '--option <key=value>',
      'an option of the network, such as init=xavier; repeat for more',
      collect,
    );
}

/**
 * A network of the zoo for images `[C, H, W]`, or for those it was made for.
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

/** `[C, H, W]` of `[N, C, H, W]`. */
export function imageOf(input: InputShape): ImageShape {
  const [, channels, height, width] = input;
  return [channels, height, width];
}
