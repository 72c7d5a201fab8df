// The data sets by name.
import { existsSync } from 'node:fs';
import { UsageError, unknownName } from '../tensor/errors.ts';
import { openCifar10 } from './cifar10.ts';
import { openCsv } from './csv-dataset.ts';
import type { SplitDataset } from './dataset.ts';
import { digits } from './digits.ts';
import type { Progress } from './download.ts';
import { openFolder } from './folder.ts';
import { FASHION_MNIST, MNIST, openMnist } from './mnist.ts';
import { openPalm } from './palm.ts';

export interface DatasetOptions {
  /** Folder with the files of a published data set; nothing is downloaded then. */
  readonly dataDir?: string | undefined;
  /** Seed of what is drawn: the digits, or the parts of a folder; 0 if left out. */
  readonly seed?: number | undefined;
  /** Classes that a folder's sub-folders must be among, for example those of a checkpoint. */
  readonly classes?: readonly string[] | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

interface Source {
  readonly description: string;
  /** What follows the name and a colon; a source without one takes nothing. */
  readonly argument?: string;
  open(argument: string, options: DatasetOptions): SplitDataset | Promise<SplitDataset>;
}

/** Every source of data. */
export const dataSources = {
  mnist: {
    description: 'handwritten digits, 28x28 grey, 70 000 images; downloaded once',
    open: (_, options) => openMnist(MNIST, options),
  },
  'fashion-mnist': {
    description: 'articles of clothing, 28x28 grey, 70 000 images; downloaded once',
    open: (_, options) => openMnist(FASHION_MNIST, options),
  },
  digits: {
    description: 'digits drawn by the program, 28x28 grey; nothing to download',
    open: (_, { seed = 0 }) => digits({ seed }),
  },
  cifar10: {
    description: 'photographs of ten kinds of things, 32x32 colour, 60 000 images; downloaded once',
    open: (_, options) => openCifar10(options),
  },
  palm: {
    description: 'iChallenge-PM, photographs of the back of the eye, 800 images; from --data-dir only',
    open: (_, options) => openPalm(options),
  },
  folder: {
    description: 'your images, one sub-folder per class',
    argument: 'DIR',
    open: (folder, { seed = 0, classes }) => openFolder(folder, { seed, classes }),
  },
  csv: {
    description: 'your images, listed in a table with the columns path and label',
    argument: 'FILE',
    open: (file, { seed = 0, classes }) => openCsv(file, { seed, classes }),
  },
} as const satisfies Record<string, Source>;

export type DataSourceName = keyof typeof dataSources;

/** The names as they are written, such as `folder:DIR`. */
export const dataSetNames = Object.entries<Source>(dataSources).map(([key, { argument }]) =>
  argument === undefined ? key : `${key}:${argument}`,
);

/**
 * Opens a data set by its name: one of `dataSources`, such as `mnist` or `folder:DIR`.
 * @throws UsageError if there is no such source, or its argument is missing or too much
 * @throws DataError if its files are missing or damaged
 */
export async function openDataset(spec: string, options: DatasetOptions = {}): Promise<SplitDataset> {
  const colon = spec.indexOf(':');
  const name = colon === -1 ? spec : spec.slice(0, colon);
  const argument = colon === -1 ? '' : spec.slice(colon + 1);
  if (!Object.hasOwn(dataSources, name)) throw unknownSource(spec, name);
  const source: Source = dataSources[name as DataSourceName];
  if ((argument === '') !== (source.argument === undefined)) {
    const right = source.argument === undefined ? name : `${name}:${source.argument}`;
    throw new UsageError(`data set "${spec}" should be written as ${right} (${source.description}).`);
  }
  return source.open(argument, options);
}

function unknownSource(spec: string, name: string): UsageError {
  if (existsSync(spec)) {
    return new UsageError(
      `"${spec}" is the path of a folder or file; write data set folder:${spec} for a folder of images, or csv:${spec} ` +
        'for a table of them.',
    );
  }
  return unknownName('data set', name, dataSetNames);
}
