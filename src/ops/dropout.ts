// Dropout: sets each element to 0 with probability `ratio` and scales the others to preserve the mean.
//   y = x mask, mask[i] = 0 or 1 / (1 - ratio)
// Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.
// Inference graphs omit the operator.
import type { Operator, Value } from '../graph/graph.ts';
import { RandomStream } from '../tensor/random.ts';
import { mul } from './arithmetic.ts';
import { check, checkCount, checkDType, checkShape } from './check.ts';

export type DropoutAttributes = {
  /** Probability of 0, in [0, 1). */
  readonly ratio: number;
  /** Name of the random stream: layers that share a stream drop the same elements. */
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
      () => `got ratio ${ratio}; the probability must be at least 0 and less than 1.`,
    );
    return [x, x];
  },

  compute({ inputs: [x, key], outputs: [y, mask], attributes: { ratio, stream } }) {
    mask.data.set(dropoutMask(key.data, stream, ratio, x.data.length));
    for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[i] * mask.data[i];
  },

  gradient: ({ outputs: [, mask], outputGradients: [dy] }) => [dy && mul(dy, mask), undefined],
};

/**
 * Sets each element of `x` to 0 with probability `ratio` and scales the rest by 1 / (1 - ratio). Srivastava et al. 2014.
 * @param x any shape
 * @param key int32 `[3]`: [low word of the seed, high word of the seed, step]
 * @throws ShapeError if `ratio` is not in [0, 1) or the key is not int32 `[3]`
 */
export function dropout(x: Value, key: Value, attributes: DropoutAttributes): Value {
  return x.graph.add(Dropout, [x, key], attributes)[0];
}

/**
 * The mask of `Dropout`, for engines that generate it on the host: element i is 1 / (1 - ratio) where random number i of
 * the stream is at least `ratio`, else 0.
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
  const least = Math.ceil(ratio * 2 ** 24) * 2 ** 8; // uniform(i) >= ratio, as a bound on its 32 random bits
  const scale = 1 / (1 - ratio);
  const mask = new Float32Array(bits.buffer); // shares the memory of the bits
  for (let i = 0; i < size; i++) mask[i] = bits[i] >= least ? scale : 0;
  return mask;
}
