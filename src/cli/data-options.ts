// The options that choose images: which data set, from where, how many, and how tables and names are read. Declared once for all commands.
import { type Command, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import { flagOf } from '../base/flag.ts';
import { shortened } from '../base/shortened.ts';
import { visible } from '../base/visible.ts';
import type { Checkpoint } from '../checkpoints/index.ts';
import { type ChannelCounts, describeChannels } from '../data/channels.ts';
import { labelsOf, type SplitDataset, slice, splitNames } from '../data/dataset.ts';
import { findDeepValues } from '../data/deep-values.ts';
import { type Unreadable, withoutUnreadable } from '../data/readable.ts';
import {
  type DatasetOptions,
  dataSetNames,
  openDataset,
  type SourceOption,
  sourceOptions,
  takesOption,
} from '../data/sources.ts';
import { parseFold, takeFold } from '../data/split.ts';
import { parseSplitFolders } from '../data/split-folders.ts';
import { parseSubset, type Subset, takeSubset } from '../data/subset.ts';
import { valueRangeOf } from '../data/transforms.ts';
import { hasClassNames } from '../evaluation/index.ts';
import { parseValueRange } from '../image/value-range.ts';
import { reportNote } from './failure.ts';
import { ProgressBar } from './progress.ts';

interface DataOption {
  /** Placeholder of the value in help texts; a flag has none. */
  readonly value?: string;
  readonly description: string;
  readonly choices?: readonly string[];
}

const dataOptions = {
  dataDir: {
    value: 'folder',
    description: 'folder that holds the files of a published data set; nothing is downloaded then',
  },
  subset: {
    value: 'counts',
    description: 'only the first images of each part, such as train=1000,valid=200,test=200',
  },
  fold: {
    value: 'i/k',
    description: 'validate on the i-th of k folds of training and validation images, train on the others',
  },
  unreadable: {
    value: 'action',
    description:
      'what to do about image files that cannot be read: stop when one is met, or decode all at the beginning and skip those',
    choices: ['stop', 'skip'],
  },
  encoding: {
    value: 'name',
    description: 'encoding of a table, such as latin1, windows-1251 or shift_jis (default: utf-8)',
  },
  imageColumn: {
    value: 'column',
    description:
      'column of a table that names the images, by name or number (default: detected by looking for the files)',
  },
  labelColumn: {
    value: 'columns',
    description: 'column of the labels, or several columns of 0 and 1 as A,B,C (default: detected by name)',
  },
  splitColumn: {
    value: 'column',
    description:
      'column of the splits; COLUMN=VALUE validates on those lines, none divides at random (default: detected by name)',
  },
  imageDir: {
    value: 'folder',
    description: "folder of a table's images (default: found beside the table)",
  },
  extension: {
    value: 'extension',
    description: "extension of a table's images, such as .png (default: detected by looking for the files)",
  },
  labelPattern: {
    value: 'regex',
    description:
      "take labels from the names of files in a folder: a regular expression with one group, such as '^(.+)_\\d+'",
  },
  splitFolders: {
    value: 'folders',
    description:
      'sub-folders that are splits, such as train=A,test=B, or none if all are classes (default: recognized by name)',
  },
  followLinks: {
    description: 'follow symbolic links that lead out of a folder of images',
  },
  valueRange: {
    value: 'black,white',
    description:
      'values of images of more than 8 bits that become black and white, such as 0,4095 (default: 0,65535)',
  },
} as const satisfies Record<string, DataOption>;

type DataOptions = typeof dataOptions;
type DataOptionKey = keyof DataOptions;
type ChosenOptions = {
  readonly [K in DataOptionKey]?: DataOptions[K] extends { readonly value: string } ? string : boolean;
};

export interface DataChoice extends ChosenOptions {
  readonly data: string;
}

const optionKeys = Object.keys(dataOptions) as DataOptionKey[];

/** Everything that determines the images; stored with a run. */
export const dataKeys: readonly (keyof DataChoice)[] = ['data', ...optionKeys];

/** Files that are named when unreadable ones are left out. */
const NAMED = 10;
/** Classes that are named where a split has none of their images. */
const NAMED_CLASSES = 5;

/** `--data` and the data options. */
export function withData(command: Command): Command {
  return withDataOptions(
    command.option(
      '--data <name>',
      `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
    ),
  );
}

/** All data options, for commands that name the data set with another option. */
export function withDataOptions(command: Command): Command {
  return optionKeys.reduce((own, key) => own.addOption(dataOption(key, flagOf(key))), command);
}

function dataOption(key: DataOptionKey, flags: string): Option {
  const { value, description, choices }: DataOption = dataOptions[key];
  const usage = value === undefined ? flags : `${flags} <${value}>`;
  const option = new Option(usage, description).helpGroup('Data options:');
  return choices ? option.choices(choices) : option;
}

/** All data options, for several data sets at once and for each alone: `--subset`, `--target-subset`. */
export function withDataOptionsOf(command: Command, sides: readonly string[]): Command {
  const ofSides = sides.flatMap((side) =>
    optionKeys.map((key) => {
      const flag = `--${side}-${flagOf(key).slice(2)}`;
      const flags = key === 'dataDir' ? `--${side}-dir, ${flag}` : flag;
      return dataOption(key, flags).hideHelp();
    }),
  );
  return ofSides.reduce((own, option) => own.addOption(option), withDataOptions(command));
}

/**
 * What was chosen for one of several data sets: its own options, and those for all where its source takes them.
 * @param data the data sets by the names of their options
 */
export function choiceOfSide(
  side: string,
  data: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>>,
): DataChoice {
  const own = (key: string) => options[`${side}${key[0].toUpperCase()}${key.slice(1)}`];
  const chosen = optionKeys.flatMap((key) => {
    const value = own(key) ?? (isFor(key, data[side], Object.values(data)) ? options[key] : undefined);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { data: data[side], ...Object.fromEntries(chosen) };
}

/** An option that no data set takes goes to each of them, so that each reports it. */
function isFor(key: DataOptionKey, data: string, all: readonly string[]): boolean {
  const takes = (name: string) => !isSourceOption(key) || takesOption(name, key);
  return takes(data) || !all.some(takes);
}

function isSourceOption(key: string): key is SourceOption {
  return (sourceOptions as readonly string[]).includes(key);
}

/** The data options as command-line arguments, not yet quoted. */
export function dataWords(choice: DataChoice): string[] {
  return dataKeys.flatMap((key) => {
    const value = choice[key];
    if (value === undefined) return [];
    return typeof value === 'string' ? [flagOf(key), value] : [flagOf(key)];
  });
}

/** @throws UsageError that there is no data set */
export function noData(): UsageError {
  return new UsageError(`no data set: give --data ${dataSetNames.join(', ')}.`);
}

/**
 * The data set that was chosen. Its own seed stays 0 whatever the training's: its parts are the same in every command.
 * Its notes, to which is added what is left out here, are written to the error output.
 * @param expected classes that a folder's sub-folders must be among, for example a checkpoint's; whether labels are needed
 */
export async function openChosenData(
  choice: DataChoice,
  expected: Pick<DatasetOptions, 'classes' | 'labels'> = {},
): Promise<SplitDataset> {
  const { data, dataDir, fold, subset, unreadable, splitFolders, valueRange } = choice;
  const counts = subset === undefined ? undefined : parseSubset(subset);
  const place = fold === undefined ? undefined : parseFold(fold);
  const bar = new ProgressBar();
  try {
    const opened = await openDataset(data, {
      ...expected,
      ...Object.fromEntries(sourceOptions.map((key) => [key, choice[key]])),
      ...(splitFolders !== undefined && { splitFolders: parseSplitFolders(splitFolders) }),
      ...(valueRange !== undefined && { valueRange: parseValueRange(valueRange) }),
      ...(unreadable === 'skip' && { missing: 'keep' }),
      dataDir,
      onProgress: ({ file, done, total }) => bar.update(`download ${file}`, done, total, 'bytes'),
    });
    bar.clear();
    for (const note of opened.notes ?? []) reportNote(note);
    const divided = place ? takeFold(opened, place.fold, place.count) : opened;
    const readable = unreadable === 'skip' ? await leaveOut(divided, bar) : divided;
    if (counts) return noted(takeSubset(readable, counts), missingClasses(readable, counts));
    return expected.classes ? readable : classlessSplits(readable).reduce(noted, readable);
  } finally {
    bar.clear();
  }
}

/**
 * The data set that was chosen, for a checkpoint that knows its classes. Weights that were imported without names of classes
 * take those of the data set in their order, which is told.
 */
export async function openDataFor(checkpoint: Checkpoint, choice: DataChoice): Promise<SplitDataset> {
  const { classes } = checkpoint;
  const decoded = withValueRangeOf(checkpoint, choice);
  if (hasClassNames(checkpoint)) return openChosenData(decoded, { classes });
  const data = await openChosenData(decoded, { labels: 'optional' });
  const isByName = data.classes.every((name) => classes.includes(name));
  if (!isByName && data.classes.length === classes.length) {
    const first = data.classes.slice(0, 3).map((name, index) => `${index} = ${name}`);
    reportNote(
      `the checkpoint has no names of classes: they are taken from the data set in its order (${first.join(', ')}, ...); ` +
        'wrong if it was trained in another order. `fovea import --labels` gives it names.',
    );
  }
  return data;
}

/** The choice with the value range that the checkpoint was trained with, unless another one is chosen. */
function withValueRangeOf({ preprocessing }: Checkpoint, choice: DataChoice): DataChoice {
  const range = valueRangeOf(preprocessing);
  if (range === undefined || choice.valueRange || !takesOption(choice.data, 'valueRange')) return choice;
  return { ...choice, valueRange: String(range) };
}

/** The data set with a note if it has both grayscale and color images. */
export function noteChannels(data: SplitDataset, counts: ChannelCounts): SplitDataset {
  const decision = describeChannels(counts);
  if (decision === undefined) return data;
  const note = `${data.name}: ${decision}; --input C,H,W chooses otherwise.`;
  return noted(data, note);
}

/** The data set with a note about values of more than 8 bits that leave most of their range unused. */
export async function noteDeepValues(data: SplitDataset, paths: readonly string[]): Promise<SplitDataset> {
  if (data.valueRange || paths.length === 0) return data;
  return noted(data, (await findDeepValues(paths)).describe(data.name));
}

/** The data set with a further note, if any, which is also written to standard error. */
function noted(data: SplitDataset, note: string | undefined): SplitDataset {
  if (note === undefined) return data;
  reportNote(note);
  return { ...data, notes: [...(data.notes ?? []), note] };
}

/** Images of a folder come class by class, so that its first ones may all be of one. */
function missingClasses({ splits: { train } }: SplitDataset, counts: Subset): string | undefined {
  const count = counts.train ?? train.length;
  const [before, after] = [train, slice(train, 0, count)].map((part) => new Set(labelsOf(part)).size);
  if (after === before) return undefined;
  return (
    `the first ${count} training images are of ${after} of ${before} classes: a subset takes images in the order of ` +
    'their files; ask for more of them, or copy some of each class into a folder of their own.'
  );
}

/** Notes about splits without images of a class, which then tell nothing about it. */
function classlessSplits({ name, classes, splits }: SplitDataset): string[] {
  return splitNames.flatMap((split) => {
    const present = new Set(labelsOf(splits[split]));
    const missing = classes.filter((_, label) => !present.has(label));
    if (present.size === 0 || missing.length === 0) return [];
    return [`${name}: the ${split} split has no images of ${shortened(missing, NAMED_CLASSES)}.`];
  });
}

async function leaveOut(data: SplitDataset, bar: ProgressBar): Promise<SplitDataset> {
  const { data: kept, unreadable } = await withoutUnreadable(data, (done, total) =>
    bar.update('read', done, total, 'images'),
  );
  bar.clear();
  if (unreadable.length === 0) return kept;
  const { length } = unreadable;
  return noted(
    kept,
    `${data.name}: left out ${length} unreadable ${length === 1 ? 'file' : 'files'}:\n${formatUnreadable(unreadable)}`,
  );
}

/** A line for each of the first files, and how many more there are. */
export function formatUnreadable(unreadable: readonly Unreadable[]): string {
  const lines = unreadable.slice(0, NAMED).map(({ name, reason }) => visible(`  ${name}: ${reason}`));
  const more = unreadable.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
