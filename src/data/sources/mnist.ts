// MNIST (LeCun et al. 1998) and Fashion-MNIST (Xiao et al. 2017): 70,000 grayscale images of 28x28 in ten classes.
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { readRegularFile } from '../../system/files.ts';
import { type SplitDataset, slice } from '../dataset.ts';
import type { PublishedFile } from './download.ts';
import { openIdx } from './idx.ts';
import { openMnistJson } from './mnist-json.ts';
import { type Finding, type LocateOptions, locate } from './published.ts';

const TRAIN_COUNT = 50_000;
const PARTS = ['train-images', 'train-labels', 'test-images', 'test-labels'] as const;

type Part = (typeof PARTS)[number];

/** A published data set in the four files of MNIST. */
export interface MnistSource {
  readonly name: string;
  readonly classes: readonly string[];
  readonly files: Readonly<Record<Part, PublishedFile>>;
  /** MD5 of the decompressed training labels, which distinguishes data sets with the same file names. */
  readonly labelsMd5: string;
  /** URLs of folders with the files, in the order to try them. */
  readonly mirrors: readonly string[];
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
  labelsMd5: 'a25bea736e30d166cdddb491f175f624',
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
  labelsMd5: '9018921c3c673c538a1fc5bad174d6f9',
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
 * Opens MNIST or a data set in its format, found by `locate`. Splits: train is the first 50,000 training images, valid the
 * other 10,000, test the test file. A `mnist.json.gz` in place of the four files, or as `dataDir` itself, is read too (see
 * `openMnistJson`).
 * @throws DataError if files are missing, damaged or cannot be downloaded
 */
export async function openMnist(source: MnistSource, options: LocateOptions = {}): Promise<SplitDataset> {
  const { name, classes, mirrors } = source;
  const names = PARTS.map((part) => source.files[part].name).join(', ');
  const found = await locate(
    {
      name,
      mirrors,
      files: PARTS.map((part) => source.files[part]),
      find: (folder) => find(folder, source),
      advice: `Put ${names} (or the same without .gz) there, or omit the folder to download them.`,
    },
    options,
  );
  return typeof found === 'string' ? openMnistJson(name, found, classes) : openFiles(source, found);
}

type Paths = Readonly<Record<Part, string>>;

function jsonNames({ name }: MnistSource): string[] {
  return [`${name}.json.gz`, `${name}.json`];
}

/** The four files, or the path of the one in JSON. */
function find(folder: string, source: MnistSource): Finding<Paths | string> {
  const { files } = source;
  const json = jsonNames(source);
  const isJson = json.includes(basename(folder)) && existsSync(folder) && statSync(folder).isFile();
  if (isJson) return { found: folder };
  const paths = PARTS.map((part) => [part, pathOf(folder, files[part])] as const);
  const missing = paths.filter(([, path]) => path === undefined).map(([part]) => files[part].name);
  if (missing.length === 0) return { found: Object.fromEntries(paths) as Paths };
  const table = json.map((file) => join(folder, file)).find((path) => existsSync(path));
  return table === undefined ? { missing: `missing ${missing.join(', ')}` } : { found: table };
}

/** The file with its published name, decompressed, or with the dot of the original archive (`train-images.idx3-ubyte`). */
function pathOf(folder: string, published: PublishedFile): string | undefined {
  const unzipped = published.name.replace(/\.gz$/, '');
  const names = [published.name, unzipped, unzipped.replace('-idx', '.idx')];
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

async function openFiles(source: MnistSource, paths: Paths): Promise<SplitDataset> {
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

/** Both data sets have the same file names: a folder of one must not pass as the other. */
async function checkIdentity(source: MnistSource, labelsPath: string): Promise<void> {
  const actual = await identify(labelsPath);
  if (actual !== undefined && actual.name !== source.name) {
    throw new DataError(
      `${labelsPath} belongs to ${actual.name}, not to ${source.name}; put the files of each data set into a folder ` +
        'with its name.',
    );
  }
}

/** The data set of a file of training labels; undefined for other files, or if it cannot be read. */
async function identify(labelsPath: string): Promise<MnistSource | undefined> {
  const content = await readRegularFile(labelsPath)
    .then((bytes) => (labelsPath.endsWith('.gz') ? promisify(gunzip)(bytes) : bytes))
    .catch(() => undefined);
  if (content === undefined) return undefined;
  const md5 = createHash('md5').update(content).digest('hex');
  return [MNIST, FASHION_MNIST].find(({ labelsMd5 }) => labelsMd5 === md5);
}

/** Names of the files of both data sets, decompressed or not. */
const IDX_NAME = /^(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/;

/** Whether a file has the name of one of MNIST's files, or of a JSON file of the whole data set. */
export function isMnistName(name: string): boolean {
  return IDX_NAME.test(name) || jsonSource(name) !== undefined;
}

function jsonSource(name: string): MnistSource | undefined {
  return [MNIST, FASHION_MNIST].find((source) => jsonNames(source).includes(name));
}

/**
 * The data set whose files are in a folder.
 * @param names of the files in the folder
 * @throws DataError if they are incomplete, or belong to another data set in the same format
 */
export async function mnistIn(folder: string, names: readonly string[]): Promise<MnistSource | undefined> {
  const json = names.map(jsonSource).find((source) => source !== undefined);
  if (!names.some((name) => IDX_NAME.test(name))) return json;
  const finding = find(folder, MNIST);
  const advice = `to read them as MNIST or Fashion-MNIST, use --data mnist or --data fashion-mnist with --data-dir ${folder}`;
  if ('missing' in finding) {
    throw new DataError(
      `${folder}: has files in the format of MNIST, but is ${finding.missing}; add them, then ${advice}.`,
    );
  }
  if (typeof finding.found === 'string') return json;
  const identity = await identify(finding.found['train-labels']);
  if (identity !== undefined) return identity;
  throw new DataError(
    `${folder}: has files in the format of MNIST, but its training labels are neither those of MNIST nor of Fashion-MNIST; ${advice}.`,
  );
}
