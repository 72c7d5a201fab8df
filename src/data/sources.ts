// The data sets by name.
import { existsSync } from 'node:fs';
import { UsageError, unknownName } from '../tensor/errors.ts';
import type { SplitDataset } from './dataset.ts';
import { digits } from './digits.ts';
import type { Progress } from './download.ts';
import { openFolder } from './folder.ts';
import { FASHION_MNIST, MNIST, openMnist } from './mnist.ts';

export interface DatasetOptions {
  /** Folder with the files of a published data set; see `openMnist`. */
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
  folder: {
    description: 'your images, one sub-folder per class',
    argument: 'DIR',
    open: (folder, { seed = 0, classes }) => openFolder(folder, { seed, classes }),
  },
} as const satisfies Record<string, Source>;

export type DataSourceName = keyof typeof dataSources;

/**
 * Opens a data set by its name: `mnist`, `fashion-mnist`, `digits` or `folder:DIR`.
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
      `"${spec}" is the path of a folder or file; write data set folder:${spec} for a folder of images.`,
    );
  }
  const known = Object.entries<Source>(dataSources).map(([key, { argument }]) =>
    argument === undefined ? key : `${key}:${argument}`,
  );
  return unknownName('data set', name, known);
}
