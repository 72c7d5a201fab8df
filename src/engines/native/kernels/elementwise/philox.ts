// Random numbers in C, the same ones as src/tensor/random.ts draws.
import { code } from '../../compiler/code.ts';

/** Numbers that `NAME_random` draws at once. */
export const RANDOM_GROUP = 64;

/**
 * `NAME_random(group, low, high, step, purpose, words)`: words 64 group to 64 group + 63 of a stream, whose key and counter
 * are made as `RandomStream` makes them. Philox 4x32-10 of 16 counters side by side, each word in the lower half of a
 * lane of 64 bits, as compilers have no products of 32 bits with 64-bit results in vectors.
 */
export const randomFunction = code`
  typedef uint64_t NAME_wide __attribute__((vector_size(LANES * 4), may_alias));

  static void NAME_random(uint32_t group, uint32_t low, uint32_t high, uint32_t step, uint32_t purpose, uint32_t *words) {
    enum { WIDTH = LANES / 2, COUNT = 16 / WIDTH };
    const uint64_t lower = 0xffffffffu;
    uint64_t first[16] __attribute__((aligned(64))), second[16] __attribute__((aligned(64)));
    for (int i = 0; i < 16; i++) first[i] = group * 16 + i;
    NAME_wide c0[COUNT], c1[COUNT], c2[COUNT], c3[COUNT];
    for (int v = 0; v < COUNT; v++) {
      c0[v] = *(const NAME_wide *)(first + v * WIDTH);
      c1[v] = (NAME_wide){0} + step;
      c2[v] = (NAME_wide){0} + high;
      c3[v] = (NAME_wide){0};
    }
    for (int round = 0; round < 10; round++) {
      for (int v = 0; v < COUNT; v++) {
        const NAME_wide product0 = c0[v] * 0xd2511f53u, product1 = c2[v] * 0xcd9e8d57u;
        c0[v] = (product1 >> 32) ^ c1[v] ^ low;
        c2[v] = (product0 >> 32) ^ c3[v] ^ purpose;
        c1[v] = product1 & lower;
        c3[v] = product0 & lower;
      }
      low += 0x9e3779b9u;
      purpose += 0xbb67ae85u;
    }
    for (int v = 0; v < COUNT; v++) {
      *(NAME_wide *)(first + v * WIDTH) = c0[v] | c1[v] << 32;
      *(NAME_wide *)(second + v * WIDTH) = c2[v] | c3[v] << 32;
    }
    for (int i = 0; i < 16; i++) {
      words[4 * i] = first[i];
      words[4 * i + 1] = first[i] >> 32;
      words[4 * i + 2] = second[i];
      words[4 * i + 3] = second[i] >> 32;
    }
  }
`;
