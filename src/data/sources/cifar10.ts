// CIFAR-10 (Krizhevsky 2009): 60,000 color images of 32x32 in ten classes; as binary batches or Python pickles.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { readRegularFile } from '../../system/files.ts';
import type { Dataset, SplitDataset } from '../dataset.ts';
import { memoryDataset } from '../memory-dataset.ts';
import { type Batch, readPickledBatch } from './cifar10-pickle.ts';
import type { PublishedFile } from './download.ts';
import { type Finding, type LocateOptions, locate, type Publication } from './published.ts';
import { readTar } from './tar.ts';

const NAME = 'cifar10';
const SIDE = 32;
const PLANE = SIDE * SIDE;
const SIZE = 3 * PLANE;
/** Maximum size of a batch; published ones have 31 MB. */
const MAX_BYTES = 2 ** 28;
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const TRAIN = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4'];
const VALID = 'data_batch_5';
const TEST = 'test_batch';
const BATCHES = [...TRAIN, VALID, TEST];

/** The archive of pickles, which has more mirrors than that of binary batches. */
const ARCHIVE: PublishedFile = {
  name: 'cifar-10-python.tar.gz',
  bytes: 170_498_071,
  md5: 'c58f30108f718f92721af3b95e74349a',
};
const ARCHIVES = [ARCHIVE.name, 'cifar-10-binary.tar.gz'];
const FOLDERS = ['cifar-10-batches-bin', 'cifar-10-batches-py', '.'];
const MIRRORS = ['https://www.cs.toronto.edu/~kriz/', 'https://dataset.bj.bcebos.com/cifar/'];

/** Where the batches are: in separate files, by batch, or in an archive. */
type Place = { readonly files: ReadonlyMap<string, string> } | { readonly archive: string };

export const CIFAR10: Publication<Place> = {
  name: NAME,
  files: [ARCHIVE],
  mirrors: MIRRORS,
  find,
  advice:
    `Put ${ARCHIVES.join(' or ')} there, or the files ${BATCHES[0]} to ${VALID} and ${TEST} out of it (binary ones end ` +
    'with .bin), or omit the folder to download them.',
};

/** Whether a file has the name of one of CIFAR-10's archives or batches. */
export function isCifar10Name(name: string): boolean {
  return ARCHIVES.includes(name) || BATCHES.includes(name.replace(/(\.bin)?(\.gz)?$/, ''));
}

/** Whether a folder has the name of the folder in one of the archives. */
export function isCifar10Folder(name: string): boolean {
  return FOLDERS.includes(name);
}

/**
 * Opens CIFAR-10, found by `locate`. Splits: train is the first four batches (40,000 images), valid the fifth (10,000), test
 * the test batch (10,000).
 * @throws DataError if files are missing, damaged or cannot be downloaded
 */
export async function openCifar10(options: LocateOptions = {}, publication = CIFAR10): Promise<SplitDataset> {
  const place = await locate(publication, options);
  const contents = 'files' in place ? await readFiles(place.files) : await readArchive(place.archive);
  const batches = new Map<string, Batch>();
  for (const { batch, name, bytes } of contents) batches.set(batch, await parseBatch(bytes, name));
  const part = (what: string, names: readonly string[]): Dataset =>
    joinBatches(
      `${NAME} ${what}`,
      names.flatMap((name) => batches.get(name) ?? []),
    );
  const splits = { train: part('train', TRAIN), valid: part('valid', [VALID]), test: part('test', [TEST]) };
  return { name: NAME, classes: CLASSES, splits };
}

function find(folder: string): Finding<Place> {
  for (const inside of FOLDERS) {
    const paths = BATCHES.map((batch) => [batch, pathOf(join(folder, inside), batch)] as const);
    if (paths.every(([, path]) => path !== undefined)) {
      return { found: { files: new Map(paths as [string, string][]) } };
    }
  }
  const archive = ARCHIVES.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (archive !== undefined) return { found: { archive } };
  const missing = BATCHES.filter((batch) => FOLDERS.every((inside) => !pathOf(join(folder, inside), batch)));
  return { missing: `missing ${missing.join(', ')}, and an archive` };
}

function pathOf(folder: string, batch: string): string | undefined {
  const names = [`${batch}.bin`, batch, `${batch}.bin.gz`, `${batch}.gz`];
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

interface Content {
  readonly batch: string;
  /** Name in messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function readFiles(files: ReadonlyMap<string, string>): Promise<Content[]> {
  return Promise.all(
    [...files].map(async ([batch, path]) => ({ batch, name: path, bytes: await readUnzipped(path) })),
  );
}

async function readUnzipped(path: string): Promise<Uint8Array> {
  const bytes = await readRegularFile(path, { maxBytes: MAX_BYTES });
  try {
    return path.endsWith('.gz') ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }) : bytes;
  } catch (error) {
    throw new DataError(
      `${path}: its gzip data is damaged (${(error as Error).message}); fetch the file again.`,
    );
  }
}

async function readArchive(path: string): Promise<Content[]> {
  const batchOf = (name: string) => BATCHES.find((batch) => batch === basename(name, '.bin'));
  const files = await readTar(path, (name) => batchOf(name) !== undefined);
  const contents = [...files].flatMap(([name, bytes]) => {
    const batch = batchOf(name);
    return batch === undefined ? [] : [{ batch, name: `${path}: ${name}`, bytes }];
  });
  const missing = BATCHES.filter((batch) => !contents.some((content) => content.batch === batch));
  if (missing.length === 0) return contents;
  throw new DataError(`${path}: ${missing.join(', ')} missing; fetch the archive of CIFAR-10 again.`);
}

async function parseBatch(bytes: Uint8Array, name: string): Promise<Batch> {
  const batch = bytes[0] === 0x80 ? await readPickledBatch(bytes, name) : batchOfRecords(bytes, name);
  if (batch.planes.length !== batch.labels.length * SIZE) {
    throw new DataError(
      `${name}: has ${batch.planes.length / SIZE} images of 3x32x32, but ${batch.labels.length} labels; fetch it again.`,
    );
  }
  const wrong = Array.from(batch.labels).findIndex((label) => !(label >= 0 && label < CLASSES.length));
  if (wrong === -1) return batch;
  throw new DataError(`${name}: label ${wrong} is ${batch.labels[wrong]}; expected 0 to 9. Fetch it again.`);
}

/** Records of a label and 3072 bytes: the red, green and blue planes. */
function batchOfRecords(bytes: Uint8Array, name: string): Batch {
  const count = bytes.length / (1 + SIZE);
  if (!Number.isInteger(count) || count === 0) {
    throw new DataError(
      `${name}: has ${bytes.length} bytes; expected a multiple of ${1 + SIZE}, the size of a record. Fetch it again.`,
    );
  }
  const labels = new Uint8Array(count);
  const planes = new Uint8Array(count * SIZE);
  for (let i = 0; i < count; i++) {
    const start = i * (1 + SIZE);
    labels[i] = bytes[start];
    planes.set(bytes.subarray(start + 1, start + 1 + SIZE), i * SIZE);
  }
  return { labels, planes };
}

/** Batches one after another, with interleaved pixels. */
function joinBatches(name: string, batches: readonly Batch[]): Dataset {
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * SIZE);
  let done = 0;
  for (const batch of batches) {
    labels.set(Array.from(batch.labels), done);
    interleave(batch.planes, pixels.subarray(done * SIZE));
    done += batch.labels.length;
  }
  return memoryDataset(name, CLASSES, { height: SIDE, width: SIDE, channels: 3, pixels, labels });
}

/** `[N, 3, 32, 32]` to `[N, 32, 32, 3]`. */
function interleave(planes: Uint8Array, target: Uint8Array): void {
  for (let start = 0; start < planes.length; start += SIZE) {
    for (let pixel = start, to = start; pixel < start + PLANE; pixel++) {
      target[to++] = planes[pixel];
      target[to++] = planes[pixel + PLANE];
      target[to++] = planes[pixel + 2 * PLANE];
    }
  }
}
