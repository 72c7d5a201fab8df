// The data sets by name.
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { checkPath } from '../base/arguments.ts';
import { DataError, UsageError, unknownName } from '../base/errors.ts';
import { formatFlag } from '../base/text.ts';
import type { ValueRange } from '../image/value-range.ts';
import type { SplitDataset } from './dataset.ts';
import { openFolder } from './folder/folder.ts';
import type { FolderOptions } from './folder/options.ts';
import type { SplitFolders } from './folder/split-folders.ts';
import { openCifar10 } from './sources/cifar10.ts';
import { digits } from './sources/digits/digits.ts';
import type { Progress } from './sources/download.ts';
import { FASHION_MNIST, MNIST, openMnist } from './sources/mnist.ts';
import { openPalm } from './sources/palm.ts';
import { isPublishedFile, recognize } from './sources/recognize.ts';
import { openCsv, type TableOptions } from './table/csv-dataset.ts';

export interface DatasetOptions extends TableOptions, Pick<FolderOptions, 'labelPattern'> {
  /** Folder with the files of a published data set; nothing is downloaded then. */
  readonly dataDir?: string | undefined;
  /** Seed of what is drawn: the digits, or the parts of a folder; 0 if left out. */
  readonly seed?: number | undefined;
  /** Classes that a folder's sub-folders must be among, for example those of a checkpoint. */
  readonly classes?: readonly string[] | undefined;
  /**
   * Optional to look at images rather than train with them: a folder or table may then have one class, empty ones, or none
   * at all. Required if left out.
   */
  readonly labels?: 'required' | 'optional' | undefined;
  /**
   * The values that become black and white in image files of more than 8 bits per channel, such as [0, 4095]. By default
   * 16 bits count from 0 to 65535, and images of floating-point or 32-bit values are refused.
   */
  readonly valueRange?: ValueRange | undefined;
  /** Which sub-folders of a folder are splits, or `none` if all are classes; recognized by name by default. */
  readonly splitFolders?: SplitFolders | undefined;
  /** Whether symbolic links that lead out of a folder are followed; false by default. */
  readonly followLinks?: boolean | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const TABLE = ['encoding', 'imageColumn', 'labelColumn', 'splitColumn', 'imageDir', 'extension'] as const;

const FOLDER = ['labelPattern', 'splitFolders', 'followLinks'] as const;
const IMAGE_FILES = ['valueRange'] as const;

/** Options that only some sources take. */
export const sourceOptions = [...TABLE, ...FOLDER, ...IMAGE_FILES] as const;

export type SourceOption = (typeof sourceOptions)[number];

interface Source {
  readonly description: string;
  /** What follows the name and a colon; a source without one takes nothing. */
  readonly argument?: string;
  /** Which of the options that are not for all sources it takes. */
  readonly takes?: readonly SourceOption[];
  open(argument: string, options: DatasetOptions): SplitDataset | Promise<SplitDataset>;
}

/** Every source of data. */
export const dataSources = {
  mnist: {
    description: 'handwritten digits, 28x28 gray, 70 000 images; downloaded once',
    open: (_, options) => openMnist(MNIST, options),
  },
  'fashion-mnist': {
    description: 'articles of clothing, 28x28 gray, 70 000 images; downloaded once',
    open: (_, options) => openMnist(FASHION_MNIST, options),
  },
  digits: {
    description: 'digits drawn by the program, 28x28 gray; nothing to download',
    open: (_, { seed = 0 }) => digits({ seed }),
  },
  cifar10: {
    description: 'photographs of ten kinds of things, 32x32 color, 60 000 images; downloaded once',
    open: (_, options) => openCifar10(options),
  },
  palm: {
    description: 'iChallenge-PM, photographs of the back of the eye, 800 images; from --data-dir only',
    takes: ['encoding'],
    open: (_, options) => openPalm(options),
  },
  folder: {
    description: 'your images, one sub-folder per class',
    argument: 'DIR',
    takes: [...FOLDER, ...IMAGE_FILES],
    open: openFolderOrKnown,
  },
  csv: {
    description: 'your images, listed in a table with the columns path and label',
    argument: 'FILE',
    takes: [...TABLE, ...IMAGE_FILES],
    open: (file, options) => openCsv(file, options),
  },
} as const satisfies Record<string, Source>;

export type DataSourceName = keyof typeof dataSources;

/** The names as they are written, such as `folder:DIR`. */
export const dataSetNames = Object.entries<Source>(dataSources).map(([key, { argument }]) =>
  argument === undefined ? key : `${key}:${argument}`,
);

/**
 * Opens a data set by its name: one of `dataSources`, such as `mnist` or `folder:DIR`. The path of a folder or of a table
 * will do too, unless it is a name.
 * @throws UsageError if there is no such source, its argument is missing or too much, or it does not take an option
 * @throws DataError if its files are missing or damaged
 */
export async function openDataset(spec: string, options: DatasetOptions = {}): Promise<SplitDataset> {
  checkPath('openDataset(name, options?)', 'name', spec);
  const { name, source, argument } = sourceOf(spec);
  if ((argument === '') !== (source.argument === undefined)) {
    const right = source.argument === undefined ? name : `${name}:${source.argument}`;
    throw new UsageError(`data set "${spec}" should be written as ${right} (${source.description}).`);
  }
  const needless = sourceOptions.find((key) => options[key] !== undefined && !source.takes?.includes(key));
  if (needless !== undefined) throw notTaken(needless, name);
  const { valueRange } = options;
  const data = await source.open(argument, options);
  return valueRange === undefined ? data : { ...data, valueRange };
}

/** Whether a data set takes an option that is not for all. @throws UsageError if there is no such source */
export function takesOption(spec: string, option: SourceOption): boolean {
  return sourceOf(spec).source.takes?.includes(option) ?? false;
}

function sourceOf(spec: string): { name: string; source: Source; argument: string } {
  const [name = '', ...rest] = nameOf(spec).split(':');
  const argument = rest.join(':').replace(/^~(?=[/\\]|$)/, homedir()); // Shells do not expand it after a colon.
  if (!Object.hasOwn(dataSources, name)) throw unknownSource(spec, name);
  return { name, source: dataSources[name as DataSourceName], argument };
}

function notTaken(option: SourceOption, name: string): UsageError {
  const takers = Object.entries<Source>(dataSources).filter(([, { takes }]) => takes?.includes(option));
  const names = takers.map(([key, { argument }]) => (argument === undefined ? key : `${key}:${argument}`));
  return new UsageError(
    `${formatFlag(option)} (${option}) is for ${names.join(' and ')}, not for ${name}; leave it out.`,
  );
}

/** A folder of images, or the published data set whose files are in it. */
async function openFolderOrKnown(folder: string, options: DatasetOptions): Promise<SplitDataset> {
  const known = await recognize(folder);
  if (!known) return openFolder(folder, options);
  const source: Source = dataSources[known.name];
  const data = await source.open('', { ...options, dataDir: known.folder });
  const note = `${folder}: holds the files of ${known.name}; opened as --data ${known.name} --data-dir ${known.folder}.`;
  return { ...data, notes: [note, ...(data.notes ?? [])] };
}

function nameOf(spec: string): string {
  const found = Object.hasOwn(dataSources, spec) ? undefined : statSync(spec, { throwIfNoEntry: false });
  if (!found) return spec;
  return found.isDirectory() || isPublishedFile(spec) ? `folder:${spec}` : `csv:${spec}`;
}

function unknownSource(spec: string, name: string): Error {
  const isPath = /^\.|[/\\]/.test(name);
  return isPath
    ? new DataError(`there is no folder or table "${spec}"; check the path.`)
    : unknownName('data set', name, dataSetNames);
}
