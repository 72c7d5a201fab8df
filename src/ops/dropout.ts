// Dropout: each element is set to 0 with probability `ratio`, and the others are scaled so that the mean stays.
//   y = x mask, mask[i] = 0 or 1 / (1 - ratio)
// Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014. A graph for
// inference leaves the operator out.
import type { Operator, Value } from '../graph/graph.ts';
import { RandomStream } from '../tensor/random.ts';
import { mul } from './arithmetic.ts';
import { check, checkCount, checkDType, checkShape } from './check.ts';

export type DropoutAttributes = {
  /** Probability of 0, in [0, 1). */
  readonly ratio: number;
  /** Name of the random numbers: two layers with the same stream drop the same places. */
  readonly stream: string;
};

/** Any shape, key int32 `[3]` = [low word of the seed, high word of the seed, step] -> the same shape, and the mask. */
export const Dropout: Operator<
  DropoutAttributes,
  [x: 'float32', key: 'int32'],
  [y: 'float32', mask: 'float32']
> = {
  name: 'Dropout',

  infer(inputs, { ratio }) {
    checkCount('Dropout', inputs, 2);
    const [x, key] = inputs;
    checkDType('Dropout', 'input', x, 'float32');
    checkShape('Dropout', 'key', key, [3]);
    checkDType('Dropout', 'key', key, 'int32');
    check(
      'Dropout',
      ratio >= 0 && ratio < 1,
      () => `got ratio ${ratio}; the probability of dropping an element must be from 0 to below 1.`,
    );
    return [x, x];
  },

  compute({ inputs: [x, key], outputs: [y, mask], attributes: { ratio, stream } }) {
    mask.data.set(dropoutMask(key.data, stream, ratio, x.data.length));
    for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[i] * mask.data[i];
  },

  gradient: ({ outputs: [, mask], outputGradients: [dy] }) => [dy && mul(dy, mask), undefined],
};

/** `x` with a share `ratio` of its elements set to 0 and the rest scaled by 1 / (1 - ratio). */
export function dropout(x: Value, key: Value, attributes: DropoutAttributes): Value {
  return x.graph.add(Dropout, [x, key], attributes)[0];
}

/**
 * The mask of `Dropout`, for engines that make it on the host: element i is 1 / (1 - ratio) where number i of the
 * stream is at least `ratio`, else 0.
 * @param key [low word of the seed, high word of the seed, step]
 */
export function dropoutMask(
  key: ArrayLike<number>,
  stream: string,
  ratio: number,
  size: number,
): Float32Array<ArrayBuffer> {
  const [low, high, step] = [key[0] >>> 0, key[1] >>> 0, key[2] >>> 0];
  const bits = new Uint32Array(size);
  new RandomStream(high * 2 ** 32 + low, stream, step).fillBits(bits);
  const least = Math.ceil(ratio * 2 ** 24) * 2 ** 8; // uniform(i) >= ratio, said of the 32 bits it is made from
  const kept = 1 / (1 - ratio);
  const mask = new Float32Array(bits.buffer); // in place of the bits
  for (let i = 0; i < size; i++) mask[i] = bits[i] >= least ? kept : 0;
  return mask;
}
