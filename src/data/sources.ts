// The sources of data by name, and `openDataset`.
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

/** Options of `openDataset`. */
export interface DatasetOptions extends TableOptions, Pick<FolderOptions, 'labelPattern'> {
  /** Folder with the files of a published data set; then nothing is downloaded. */
  readonly dataDir?: string | undefined;
  /** Seed of the synthetic digits, or of the split of a folder or table (default: 0). */
  readonly seed?: number | undefined;
  /** Classes in order, for example those of a checkpoint; a folder or table may have no others. */
  readonly classes?: readonly string[] | undefined;
  /**
   * With `optional`, a folder or table may have a single class, empty classes, or no labels, to look at images rather than
   * train on them (default: `required`).
   */
  readonly labels?: 'required' | 'optional' | undefined;
  /**
   * The values that become black and white in image files of more than 8 bits per channel, such as [0, 4095] (default:
   * [0, 65535] for 16 bits; images of floating-point or 32-bit values need a range).
   */
  readonly valueRange?: ValueRange | undefined;
  /** Which sub-folders of a folder are splits, or `none` if all are classes (default: recognized by name). */
  readonly splitFolders?: SplitFolders | undefined;
  /** Whether to follow symbolic links out of a folder (default: false). */
  readonly followLinks?: boolean | undefined;
  /** Called with the finished and total bytes while a file is downloaded. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

const TABLE = ['encoding', 'imageColumn', 'labelColumn', 'splitColumn', 'imageDir', 'extension'] as const;

const FOLDER = ['labelPattern', 'splitFolders', 'followLinks'] as const;
const IMAGE_FILES = ['valueRange'] as const;

/** Options that only some sources support. */
export const sourceOptions = [...TABLE, ...FOLDER, ...IMAGE_FILES] as const;

export type SourceOption = (typeof sourceOptions)[number];

interface Source {
  readonly description: string;
  /** The argument after the name and a colon; none by default. */
  readonly argument?: string;
  /** Which of `sourceOptions` it supports. */
  readonly takes?: readonly SourceOption[];
  open(argument: string, options: DatasetOptions): SplitDataset | Promise<SplitDataset>;
}

/** Every source of data. */
const dataSources = {
  mnist: {
    description: 'handwritten digits, 28x28 grayscale, 70,000 images; downloaded once',
    open: (_, options) => openMnist(MNIST, options),
  },
  'fashion-mnist': {
    description: 'clothing, 28x28 grayscale, 70,000 images; downloaded once',
    open: (_, options) => openMnist(FASHION_MNIST, options),
  },
  digits: {
    description: 'synthetic handwritten digits, 28x28 grayscale; no download',
    open: (_, { seed = 0 }) => digits({ seed }),
  },
  cifar10: {
    description: 'photos of ten kinds of objects, 32x32 color, 60,000 images; downloaded once',
    open: (_, options) => openCifar10(options),
  },
  palm: {
    description: 'iChallenge-PM, fundus photographs, 800 images; from --data-dir only',
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

/** The names with their arguments, such as `folder:DIR`. */
export const dataSetNames = Object.entries<Source>(dataSources).map(([key, { argument }]) =>
  argument === undefined ? key : `${key}:${argument}`,
);

/**
 * Opens a data set by name: `mnist`, `fashion-mnist`, `cifar10`, `digits`, `palm`, `folder:DIR` or `csv:FILE`; the path of a
 * folder or table works too. Published data sets are downloaded once to the cache folder, with checksums. Images of folders
 * and tables are read on demand.
 *
 *     const data = await openDataset('folder:photos');
 *     console.log(data.classes, data.splits.train.length, data.notes);
 *
 * @throws UsageError if there is no such source, its argument is missing or unexpected, or it does not support an option
 * @throws DataError if its files are missing or damaged
 */
export async function openDataset(spec: string, options: DatasetOptions = {}): Promise<SplitDataset> {
  checkPath('openDataset(name, options?)', 'name', spec);
  const { name, source, argument } = sourceOf(spec);
  if ((argument === '') !== (source.argument === undefined)) {
    const right = source.argument === undefined ? name : `${name}:${source.argument}`;
    throw new UsageError(`data set must be written as ${right} (${source.description}), got "${spec}".`);
  }
  const needless = sourceOptions.find((key) => options[key] !== undefined && !source.takes?.includes(key));
  if (needless !== undefined) throw notTaken(needless, name);
  const { valueRange } = options;
  const data = await source.open(argument, options);
  return valueRange === undefined ? data : { ...data, valueRange };
}

/** Whether a data set supports one of `sourceOptions`. @throws UsageError if there is no such source */
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
    `${formatFlag(option)} (${option}) is for ${names.join(' and ')}, not for ${name}; omit it.`,
  );
}

/** Opens a folder of images, or the published data set whose files are in it. */
async function openFolderOrKnown(folder: string, options: DatasetOptions): Promise<SplitDataset> {
  const known = await recognize(folder);
  if (!known) return openFolder(folder, options);
  const source: Source = dataSources[known.name];
  const data = await source.open('', { ...options, dataDir: known.folder });
  const note = `${folder}: has the files of ${known.name}; opened as --data ${known.name} --data-dir ${known.folder}.`;
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
