// Batches of CIFAR-10 as Python pickles: a dict of an array `data` `[N, 3072]` and a list `labels`.

import { DataError } from '../../base/errors.ts';
import { numpyNames } from '../../formats/numpy/names.ts';
import { PickleFault } from '../../formats/pickle/fault.ts';
import { pythonNames } from '../../formats/pickle/python-names.ts';
import { PickledTensor } from '../../formats/pickle/tensor.ts';
import { unpickle } from '../../formats/pickle/unpickle.ts';
import { findFault, type StoredTensor } from '../../formats/stored-tensor.ts';

/** One batch as stored in the files. */
export interface Batch {
  readonly labels: ArrayLike<number>;
  /** `[N, 3, 32, 32]` */
  readonly planes: Uint8Array;
}

/**
 * Reads a batch; nothing in it is executed.
 * @param name what messages call the file
 * @throws DataError if it is damaged, or not a batch of CIFAR-10
 */
export async function readPickledBatch(bytes: Uint8Array, name: string): Promise<Batch> {
  const value = parsed(name, () => unpickle(bytes, { names: { ...pythonNames, ...numpyNames } }).value);
  const array = entryOf(value, 'data');
  const labels = entryOf(value, 'labels');
  if (!(array instanceof PickledTensor) || !Array.isArray(labels) || !labels.every(Number.isInteger)) {
    throw new DataError(
      `${name}: is not a batch of CIFAR-10: expected a dict with an array "data" and a list of numbers "labels".`,
    );
  }
  const stored = parsed(name, () => array.stored());
  return { labels, planes: await bytesOf(stored, name) };
}

function parsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error;
    throw new DataError(`${name}: ${error.message}; fetch it again.`, { cause: error });
  }
}

/** The entry of a dict; Python 3 writes the keys of Python 2 as bytes. */
function entryOf(dict: unknown, key: string): unknown {
  if (!(dict instanceof Map)) return undefined;
  const isKey = (found: unknown) =>
    found === key || (found instanceof Uint8Array && new TextDecoder('latin1').decode(found) === key);
  return [...dict].find(([found]) => isKey(found))?.[1];
}

async function bytesOf(stored: StoredTensor, name: string): Promise<Uint8Array> {
  const fault =
    stored.type !== 'U8' || stored.strides ? 'is not a row-major array of bytes' : findFault(stored);
  if (fault !== undefined) throw new DataError(`${name}: its "data" ${fault}; fetch it again.`);
  const length = stored.shape.reduce((product, extent) => product * extent, 1);
  return stored.storage.read(stored.offset ?? 0, length);
}
