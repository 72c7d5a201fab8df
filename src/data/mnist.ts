// MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017): 70 000 grey images of 28x28 in ten classes.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../tensor/errors.ts';
import { cacheFolder } from './cache.ts';
import { type SplitDataset, slice } from './dataset.ts';
import { download, type Progress, type PublishedFile } from './download.ts';
import { openIdx } from './idx.ts';

const TRAIN_COUNT = 50_000;
const PARTS = ['train-images', 'train-labels', 'test-images', 'test-labels'] as const;

type Part = (typeof PARTS)[number];

/** A published data set in the four files of MNIST. */
export interface MnistSource {
  readonly name: string;
  readonly classes: readonly string[];
  readonly files: Readonly<Record<Part, PublishedFile>>;
  /** Addresses of folders that hold the files, in the order to try them. */
  readonly mirrors: readonly string[];
}

export interface MnistOptions {
  /** Folder with the files, or with a sub-folder of the data set's name; nothing is downloaded then. */
  readonly dataDir?: string | undefined;
  /** Called with the bytes done and in total while a file is downloaded. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export const MNIST: MnistSource = {
  name: 'mnist',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: {
    'train-images': file('train-images-idx3-ubyte.gz', 9_912_422, 'f68b3c2dcbeaaa9fbdd348bbdeb94873'),
    'train-labels': file('train-labels-idx1-ubyte.gz', 28_881, 'd53e105ee54ea40749a09fcbcd1e9432'),
    'test-images': file('t10k-images-idx3-ubyte.gz', 1_648_877, '9fb629c4189551a2d022fa330f9573f3'),
    'test-labels': file('t10k-labels-idx1-ubyte.gz', 4_542, 'ec29112dd5afa0611ce80d1b7f02629c'),
  },
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://dataset.bj.bcebos.com/mnist/',
    'http://yann.lecun.com/exdb/mnist/',
  ],
};

export const FASHION_MNIST: MnistSource = {
  name: 'fashion-mnist',
  classes: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  files: {
    'train-images': file('train-images-idx3-ubyte.gz', 26_421_880, '8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
    'train-labels': file('train-labels-idx1-ubyte.gz', 29_515, '25c81989df183df01b3e8a0aad5dffbe'),
    'test-images': file('t10k-images-idx3-ubyte.gz', 4_422_102, 'bef4ecab320f06d8554ea6380940ec79'),
    'test-labels': file('t10k-labels-idx1-ubyte.gz', 5_148, 'bb300cfdad3c16e7a12a480ee83cd310'),
  },
  mirrors: [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'https://dataset.bj.bcebos.com/fashion_mnist/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
};

function file(name: string, bytes: number, md5: string): PublishedFile {
  return { name, bytes, md5 };
}

/**
 * Opens MNIST or a set in its format. Splits: train = the first 50 000 training images, valid = the rest of them
 * (10 000), test = the test file. Searched in `dataDir`; else in `FOVEA_DATA`; else in the cache folder, into which
 * missing files are downloaded.
 * @throws DataError if files are missing, damaged or cannot be downloaded
 */
export async function openMnist(source: MnistSource, options: MnistOptions = {}): Promise<SplitDataset> {
  const paths = await findFiles(source, options);
  const { name, classes } = source;
  await checkIdentity(source, paths['train-labels']);
  const [training, test] = await Promise.all([
    openIdx(`${name} training`, paths['train-images'], paths['train-labels'], classes),
    openIdx(`${name} test`, paths['test-images'], paths['test-labels'], classes),
  ]);
  const trainCount = Math.min(TRAIN_COUNT, training.length);
  const train = slice(training, 0, trainCount);
  const valid = slice(training, trainCount, training.length);
  return { name, classes, splits: { train, valid, test } };
}

/** Both sets have the same file names: a folder of one must not pass for the other. */
async function checkIdentity(source: MnistSource, labelsPath: string): Promise<void> {
  if (!labelsPath.endsWith('.gz')) return;
  const md5 = createHash('md5')
    .update(await readFile(labelsPath))
    .digest('hex');
  const actual = [MNIST, FASHION_MNIST].find(({ files }) => files['train-labels'].md5 === md5);
  if (actual !== undefined && actual.name !== source.name) {
    throw new DataError(
      `${labelsPath} belongs to ${actual.name}, not to ${source.name}; put the files of each set into a folder ` +
        'with its name.',
    );
  }
}

type Paths = Record<Part, string>;

async function findFiles(source: MnistSource, options: MnistOptions): Promise<Paths> {
  const { dataDir, onProgress } = options;
  if (dataDir !== undefined) return filesBelow(dataDir, source) ?? reject(dataDir, source);
  const environment = process.env.FOVEA_DATA;
  const local = environment ? filesBelow(environment, source) : undefined;
  if (local !== undefined) return local;
  const cache = join(cacheFolder(), source.name);
  for (const part of PARTS) {
    const published = source.files[part];
    if (pathOf(cache, published) !== undefined) continue;
    await download(published, join(cache, published.name), { mirrors: source.mirrors, onProgress });
  }
  return filesIn(cache, source) ?? reject(cache, source);
}

function filesBelow(folder: string, source: MnistSource): Paths | undefined {
  return filesIn(join(folder, source.name), source) ?? filesIn(folder, source);
}

function filesIn(folder: string, source: MnistSource): Paths | undefined {
  const found = PARTS.map((part) => [part, pathOf(folder, source.files[part])] as const);
  if (found.some(([, path]) => path === undefined)) return undefined;
  return Object.fromEntries(found) as Paths;
}

/** The file under its published name, unzipped, or with the dot of the original archive (`train-images.idx3-ubyte`). */
function pathOf(folder: string, published: PublishedFile): string | undefined {
  const unzipped = published.name.replace(/\.gz$/, '');
  const names = [published.name, unzipped, unzipped.replace('-idx', '.idx')];
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

function reject(folder: string, source: MnistSource): never {
  const names = PARTS.map((part) => source.files[part].name);
  const places = [join(folder, source.name), folder];
  const missing = places.map((place) => {
    const absent = PARTS.filter((part) => pathOf(place, source.files[part]) === undefined);
    return `  ${place}: without ${absent.map((part) => source.files[part].name).join(', ')}`;
  });
  throw new DataError(
    `${source.name} is not in ${folder}:\n${missing.join('\n')}\n` +
      `Put ${names.join(', ')} (or the same without .gz) there, or leave the folder out to download them.`,
  );
}
