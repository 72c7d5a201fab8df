// Random numbers as functions of (seed, purpose, step, index): without hidden state, every engine, any number of
// workers and a resumed run draw the same numbers.
// Philox 4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers, in integer arithmetic only: this is the inner loop. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/**
 * Four random words for one counter and key; the whole generator.
 * @param counter four 32-bit words, overwritten with the result
 */
export function philox(counter: Uint32Array, key0: number, key1: number): void {
  let c0 = counter[0] | 0;
  let c1 = counter[1] | 0;
  let c2 = counter[2] | 0;
  let c3 = counter[3] | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/** 32-bit FNV-1a hash of a name: how a purpose becomes part of the generator's key. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function uniformOf(bits: number): number {
  return (bits >>> 8) / 2 ** 24;
}

function boxMuller(bits0: number, bits1: number): number {
  return Math.sqrt(-2 * Math.log(1 - uniformOf(bits0))) * Math.cos(2 * Math.PI * uniformOf(bits1));
}

/**
 * Random numbers addressed by index (Philox 4x32-10). Two streams with the same seed, purpose and step return the same
 * numbers, whatever the order of the calls. Key: (low word of the seed, hash of the purpose); counter: (index / 4, step,
 * high word of the seed, 0).
 *
 *     const stream = new RandomStream(0, 'noise');
 *     stream.uniform(7); // Always the same number.
 */
export class RandomStream {
  private readonly block = new Uint32Array(4);
  private blockIndex = -1;
  private readonly key0: number;
  private readonly key1: number;
  private readonly seedHigh: number;
  private readonly step: number;

  /**
   * @param seed integer from 0 to 2^53
   * @param purpose what the numbers are for, for example `shuffle` or a layer's name
   * @param step training step, epoch or sample: whatever the numbers have to change with
   */
  constructor(seed: number, purpose: string, step = 0) {
    this.key0 = seed >>> 0;
    this.seedHigh = Math.floor(seed / 2 ** 32) >>> 0;
    this.key1 = hashName(purpose);
    this.step = step >>> 0;
  }

  /** 32 random bits. */
  bits(index: number): number {
    const blockIndex = Math.floor(index / 4);
    if (blockIndex !== this.blockIndex) this.draw(blockIndex);
    return this.block[index % 4];
  }

  /** Sets `target[i]` to `bits(i)` for all i; the fast way to get many numbers. */
  fillBits(target: Uint32Array): void {
    const { block } = this;
    const whole = target.length - (target.length % 4);
    for (let i = 0; i < whole; i += 4) {
      this.draw(i / 4);
      target[i] = block[0];
      target[i + 1] = block[1];
      target[i + 2] = block[2];
      target[i + 3] = block[3];
    }
    for (let i = whole; i < target.length; i++) target[i] = this.bits(i);
  }

  /** Uniform in [0, 1), a multiple of 2^-24, so exact as a 32-bit float. */
  uniform(index: number): number {
    return uniformOf(this.bits(index));
  }

  /** Sets `target[i]` to `limit * (2 * uniform(i) - 1)`, from -limit to limit, for all i; the fast way to get many numbers. */
  fillUniform(target: Float32Array, limit: number): void {
    const { block } = this;
    const whole = target.length - (target.length % 4);
    for (let i = 0; i < whole; i += 4) {
      this.draw(i / 4);
      target[i] = limit * (2 * uniformOf(block[0]) - 1);
      target[i + 1] = limit * (2 * uniformOf(block[1]) - 1);
      target[i + 2] = limit * (2 * uniformOf(block[2]) - 1);
      target[i + 3] = limit * (2 * uniformOf(block[3]) - 1);
    }
    for (let i = whole; i < target.length; i++) target[i] = limit * (2 * this.uniform(i) - 1);
  }

  /** Integer in [0, bound). */
  integer(index: number, bound: number): number {
    return Math.floor((this.bits(index) / 2 ** 32) * bound);
  }

  /** Normal with mean 0 and standard deviation 1 (Box-Muller; uses uniforms 2 index and 2 index + 1). */
  normal(index: number): number {
    return boxMuller(this.bits(2 * index), this.bits(2 * index + 1));
  }

  /** Sets `target[i]` to `std * normal(i)` for all i; the fast way to get many numbers. */
  fillNormal(target: Float32Array, std: number): void {
    const { block } = this;
    const even = target.length - (target.length % 2);
    for (let i = 0; i < even; i += 2) {
      this.draw(i / 2);
      target[i] = std * boxMuller(block[0], block[1]);
      target[i + 1] = std * boxMuller(block[2], block[3]);
    }
    if (even < target.length) target[even] = std * this.normal(even);
  }

  /** A random order of 0 .. length - 1 (Fisher-Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(i, i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** Fills `block` with the four words of indices 4 index to 4 index + 3. */
  private draw(index: number): void {
    this.block[0] = index;
    this.block[1] = this.step;
    this.block[2] = this.seedHigh;
    this.block[3] = 0;
    philox(this.block, this.key0, this.key1);
    this.blockIndex = index;
  }
}
