// Test values that PyTorch scripts compute in the same way (scripts/witness/formula.py): a hash of a name and an index.
import { hashName } from '../src/tensor/random.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../src/tensor/tensor.ts';

/** Values in [-1, 1), multiples of 2^-23, that look random but follow from `name`. */
export function formulaTensor(name: string, shape: Shape): FloatTensor {
  const seed = hashName(name);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) {
    data[i] = (mix(seed + Math.imul(i, 0x9e3779b9)) >>> 8) / 2 ** 23 - 1;
  }
  return floatTensor(shape, data);
}

/** The finalizer of MurmurHash3: every bit of the result depends on every bit of `word`. */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
