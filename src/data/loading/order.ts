// The order of images in an epoch: file order, shuffled, or class-balanced.
import { RandomStream } from '../../tensor/random.ts';
import type { Dataset } from '../dataset.ts';
import { indicesByClass } from '../split.ts';

/** `balanced` is shuffled too: every class has the same number of images in an epoch. */
export type OrderName = 'file' | 'shuffled' | 'balanced';

/** The images of an epoch in order. */
export interface Order {
  /** Indices into the data set. */
  readonly indices: Uint32Array;
  /** Keys of the random transforms: the index, unless an image occurs more than once. */
  readonly keys: Uint32Array;
}

/** The order of an epoch, a function of the labels, the seed and the epoch; as long as the data set. */
export function createOrder(dataset: Dataset, name: OrderName, seed: number, epoch: number): Order {
  const { length } = dataset;
  if (name === 'file') return once(Uint32Array.from({ length }, (_, index) => index));
  const shuffled = new RandomStream(seed, 'shuffle', epoch).permutation(length);
  if (name === 'shuffled') return once(shuffled);
  const keys = balancedKeys(dataset, seed, epoch);
  const shuffledKeys = shuffled.map((place) => keys[place]);
  return { indices: shuffledKeys.map((key) => key % length), keys: shuffledKeys };
}

function once(indices: Uint32Array): Order {
  return { indices, keys: indices };
}

/**
 * The same number of images of each class that has any; if the number of classes does not divide the epoch, random classes get
 * one more. All images of a class occur once before any occurs again; the n-th time, from 0, the key is index + n x length.
 */
function balancedKeys(dataset: Dataset, seed: number, epoch: number): Uint32Array {
  const { length } = dataset;
  const classes = indicesByClass(dataset).filter((members) => members.length > 0);
  const perClass = Math.floor(length / classes.length);
  const more = length % classes.length;
  const places = new RandomStream(seed, 'balance', epoch).permutation(classes.length);
  const keys = classes.flatMap((members, position) => {
    const count = perClass + (places[position] < more ? 1 : 0);
    const streamOf = (pass: number) => new RandomStream(seed, `balance ${position} pass ${pass}`, epoch);
    return drawKeys(members, count, length, streamOf);
  });
  return Uint32Array.from(keys);
}

function drawKeys(
  indices: readonly number[],
  count: number,
  length: number,
  streamOf: (pass: number) => RandomStream,
): number[] {
  const keys: number[] = [];
  for (let pass = 0; keys.length < count; pass++) {
    const order = streamOf(pass)
      .permutation(indices.length)
      .subarray(0, count - keys.length);
    for (const place of order) keys.push(indices[place] + pass * length);
  }
  return keys;
}
