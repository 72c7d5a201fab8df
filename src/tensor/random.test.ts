import { expect, test } from 'vitest';
import { philox, RandomStream } from './random.ts';

// Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [Array(4).fill(0xffffffff), [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('philox gives the published answers', (counter, key, expected) => {
  const words = Uint32Array.from(counter);
  philox(words, key[0], key[1]);
  expect([...words]).toEqual(expected);
});

test('a stream gives the same number for an index in whatever order it is asked', () => {
  const forward = new RandomStream(7, 'test', 3);
  const backward = new RandomStream(7, 'test', 3);
  const numbers = Array.from({ length: 10 }, (_, i) => forward.uniform(i));
  for (let i = 9; i >= 0; i--) expect(backward.uniform(i)).toBe(numbers[i]);
});

test('seed, purpose and step each change the numbers', () => {
  const first = new RandomStream(1, 'a', 0).bits(0);
  expect(new RandomStream(2, 'a', 0).bits(0)).not.toBe(first);
  expect(new RandomStream(1 + 2 ** 40, 'a', 0).bits(0)).not.toBe(first);
  expect(new RandomStream(1, 'b', 0).bits(0)).not.toBe(first);
  expect(new RandomStream(1, 'a', 1).bits(0)).not.toBe(first);
});

test.each([0, 1, 4, 11, 1000])('filling %i places gives the numbers of asking one by one', (length) => {
  const filled = new Uint32Array(length);
  new RandomStream(3 + 2 ** 40, 'fill', 9).fillBits(filled);
  const asked = new RandomStream(3 + 2 ** 40, 'fill', 9);
  expect([...filled]).toEqual(Array.from({ length }, (_, i) => asked.bits(i)));
});

test.each([0, 2, 5, 11])(
  'filling %i places with uniform or normal numbers gives those of asking one by one',
  (length) => {
    const filled = new Float32Array(length);
    const asked = new RandomStream(3, 'fill', 9);
    const expected = (draw: (index: number) => number) => Float32Array.from({ length }, (_, i) => draw(i));
    new RandomStream(3, 'fill', 9).fillUniform(filled, 0.3);
    expect(filled).toEqual(expected((i) => 0.3 * (2 * asked.uniform(i) - 1)));
    new RandomStream(3, 'fill', 9).fillNormal(filled, 0.3);
    expect(filled).toEqual(expected((i) => 0.3 * asked.normal(i)));
  },
);

test('normal numbers have mean 0 and variance 1', () => {
  const stream = new RandomStream(0, 'normal');
  const count = 20_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = stream.normal(i);
    sum += value;
    squares += value * value;
  }
  expect(Math.abs(sum / count)).toBeLessThan(0.03);
  expect(Math.abs(squares / count - 1)).toBeLessThan(0.05);
});

test('a permutation holds every index once', () => {
  const order = new RandomStream(5, 'shuffle').permutation(100);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
});
