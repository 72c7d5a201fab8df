// IDX files, the format of MNIST (LeCun et al. 1998): magic number, extents, bytes; plain or gzipped.

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';
import { formatHex } from '../../base/text.ts';
import { readRegularFile } from '../../system/files.ts';
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.ts';
import type { Dataset } from '../dataset.ts';
import { memoryDataset } from '../memory-dataset.ts';

const UNSIGNED_BYTE = 0x08;
const MAX_BYTES = 2 ** 31;
const FETCH_AGAIN = 'fetch the file again';
const KINDS = { 1: 'labels', 3: 'images' } as const;

const unzip = promisify(gunzip);

export interface Idx {
  readonly shape: Shape;
  /** Row-major, `sizeOf(shape)` bytes. */
  readonly data: Uint8Array;
}

/**
 * Parses an IDX file of unsigned bytes, gzipped or not.
 * @param name what messages call the file
 * @throws DataError if it is not such a file, truncated, or longer than its header declares
 */
export async function parseIdx(bytes: Uint8Array, name: string): Promise<Idx> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzipped(bytes, name) : bytes;
  if (plain.length < 4 || plain[0] !== 0 || plain[1] !== 0 || plain[2] !== UNSIGNED_BYTE) {
    const magic = formatHex(plain.subarray(0, 4));
    throw new DataError(
      `${name}: starts with "${magic}", but an IDX file of bytes starts with "00 00 08" ` +
        `(01 after it for labels, 03 for images); ${FETCH_AGAIN}.`,
    );
  }
  const rank = plain[3];
  const start = 4 + 4 * rank;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  if (plain.length < start) throw new DataError(`${name}: ends inside its header; ${FETCH_AGAIN}.`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const data = new Uint8Array(plain.buffer, plain.byteOffset + start, plain.length - start);
  if (data.length !== sizeOf(shape)) {
    const fault = data.length < sizeOf(shape) ? 'the file is truncated' : 'there are bytes after the end';
    throw new DataError(
      `${name}: its header declares ${formatShape(shape)}, which is ${sizeOf(shape)} bytes, but ${data.length} follow: ` +
        `${fault}; ${FETCH_AGAIN}.`,
    );
  }
  return { shape, data };
}

async function unzipped(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    throw new DataError(`${name}: its gzip data is damaged (${(error as Error).message}); ${FETCH_AGAIN}.`, {
      cause: error,
    });
  }
}

async function readIdx(path: string, rank: keyof typeof KINDS): Promise<Idx> {
  const idx = await parseIdx(await readRegularFile(path, { maxBytes: MAX_BYTES }), path);
  if (idx.shape.length === rank) return idx;
  throw new DataError(
    `${path}: has the shape ${formatShape(idx.shape)}, but a file of ${KINDS[rank]} has ${rank} axes; ` +
      'are the files of images and labels swapped?',
  );
}

/**
 * Opens grayscale images and labels from two IDX files, in memory.
 * @param name of the samples in messages, before their index
 * @throws DataError if a file is damaged, the counts differ, or a label is not the index of a class
 */
export async function openIdx(
  name: string,
  imagesPath: string,
  labelsPath: string,
  classes: readonly string[],
): Promise<Dataset> {
  const [images, labels] = await Promise.all([readIdx(imagesPath, 3), readIdx(labelsPath, 1)]);
  const [length, height, width] = images.shape;
  if (labels.shape[0] !== length) {
    throw new DataError(
      `${imagesPath} has ${length} images, but ${labelsPath} has ${labels.shape[0]} labels; use two files of the same data set.`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= classes.length);
  if (wrong !== -1) {
    throw new DataError(
      `${labelsPath}: label ${wrong} is ${labels.data[wrong]}, but there are ${classes.length} classes, 0 to ` +
        `${classes.length - 1}; use the file of the right data set.`,
    );
  }
  return memoryDataset(name, classes, {
    height,
    width,
    channels: 1,
    pixels: images.data,
    labels: labels.data,
  });
}
