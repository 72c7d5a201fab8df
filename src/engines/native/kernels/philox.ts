// Random numbers in C, the same ones as src/tensor/random.ts draws.
import { code } from './template.ts';

/** Numbers that `NAME_random` draws at once. */
export const RANDOM_GROUP = 64;

/**
 * `NAME_random(group, low, high, step, purpose, words)`: words 64 group to 64 group + 63 of a stream, whose key and counter
 * are made as `RandomStream` makes them. Philox 4x32-10 of 16 counters side by side, which compilers turn into vectors.
 */
export const randomFunction = code`
  static void NAME_random(uint32_t group, uint32_t low, uint32_t high, uint32_t step, uint32_t purpose, uint32_t *words) {
    uint32_t c0[16], c1[16], c2[16], c3[16];
    for (int i = 0; i < 16; i++) c0[i] = group * 16 + i, c1[i] = step, c2[i] = high, c3[i] = 0;
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 16; i++) {
        const uint64_t product0 = (uint64_t)0xd2511f53u * c0[i], product1 = (uint64_t)0xcd9e8d57u * c2[i];
        c0[i] = (uint32_t)(product1 >> 32) ^ c1[i] ^ low;
        c2[i] = (uint32_t)(product0 >> 32) ^ c3[i] ^ purpose;
        c1[i] = (uint32_t)product1;
        c3[i] = (uint32_t)product0;
      }
      low += 0x9e3779b9u;
      purpose += 0xbb67ae85u;
    }
    for (int i = 0; i < 16; i++) {
      words[4 * i] = c0[i];
      words[4 * i + 1] = c1[i];
      words[4 * i + 2] = c2[i];
      words[4 * i + 3] = c3[i];
    }
  }
`;
