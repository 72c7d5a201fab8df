// In which order an epoch goes through a data set: as it is, shuffled, or with every class equally often.
import { RandomStream } from '../../tensor/random.ts';
import type { Dataset } from '../dataset.ts';
import { indicesByClass } from '../split.ts';

/** `balanced` is shuffled too: every class makes up the same share of the epoch, whatever its number of images. */
export type OrderName = 'file' | 'shuffled' | 'balanced';

/** The images of an epoch, one after another. */
export interface Order {
  /** Where in the data set each image is. */
  readonly indices: Uint32Array;
  /** What its random transforms draw by: the index, unless the image comes more than once. */
  readonly keys: Uint32Array;
}

/** A function of the data set's labels, the seed and the epoch; as long as the data set. */
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
 * As many images of each class that has some; when the number of classes does not divide the epoch, classes drawn at
 * random get one more. All images of a class come once before any comes again; the n-th time, from 0, the key is
 * index + n x length.
 */
function balancedKeys(dataset: Dataset, seed: number, epoch: number): Uint32Array {
  const { length } = dataset;
  const classes = indicesByClass(dataset).filter((members) => members.length > 0);
  const share = Math.floor(length / classes.length);
  const more = length % classes.length;
  const places = new RandomStream(seed, 'balance', epoch).permutation(classes.length);
  const keys = classes.flatMap((members, position) => {
    const count = share + (places[position] < more ? 1 : 0);
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
