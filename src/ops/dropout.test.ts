import { expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { RandomStream } from '../tensor/random.ts';
import { floatTensor, intTensor } from '../tensor/tensor.ts';
import { Dropout, dropout, dropoutMask } from './dropout.ts';
import { run } from './run.ts';

test('element i is not dropped when number i of the stream is at least the ratio', () => {
  const seed = 2 ** 40 + 4_000_000_000;
  const key = Int32Array.from([seed, Math.floor(seed / 2 ** 32), 12]);
  const stream = new RandomStream(seed, 'dropout fc1', 12);
  const expected = Array.from({ length: 1001 }, (_, i) => (stream.uniform(i) >= 0.2 ? 1.25 : 0));
  expect([...dropoutMask(key, 'dropout fc1', 0.2, 1001)]).toEqual(expected);
});

test.each([0.1, 0.5, 0.75])('a fraction %d is dropped, and the mean is preserved', (ratio) => {
  const mask = dropoutMask([1, 0, 0], 'fraction', ratio, 100_000);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  expect(Math.abs(dropped - ratio)).toBeLessThan(0.006);
  expect(Math.abs(mean - 1)).toBeLessThan(0.03);
});

test('ratio 0 drops nothing', () => {
  expect([...dropoutMask([1, 0, 0], 'none', 0, 9)]).toEqual(Array(9).fill(1));
});

test('seed, step and stream each change the mask', () => {
  const mask = (key: readonly number[], stream: string) => [...dropoutMask(key, stream, 0.5, 64)];
  const first = mask([1, 0, 0], 'a');
  expect(mask([1, 0, 0], 'a')).toEqual(first);
  for (const other of [
    mask([2, 0, 0], 'a'),
    mask([1, 1, 0], 'a'),
    mask([1, 0, 1], 'a'),
    mask([1, 0, 0], 'b'),
  ]) {
    expect(other).not.toEqual(first);
  }
});

test('the output is the input times the mask', () => {
  const x = floatTensor([2, 3], [1, 2, 3, 4, 5, 6]);
  const [y, mask] = run(Dropout, [x, intTensor([3], [7, 0, 3])], { ratio: 0.5, stream: 'drop' });
  expect([...y.data]).toEqual([...x.data].map((value, i) => value * mask.data[i]));
});

test('a ratio outside [0, 1) is an error', () => {
  const graph = new Graph('training');
  const x = graph.input('x', { shape: [4], dtype: 'float32' }, 'batch');
  const key = graph.input('key', { shape: [3], dtype: 'int32' }, 'random');
  expect(() => dropout(x, key, { ratio: 1, stream: 'drop' })).toThrow(/ratio 1;.*less than 1/);
  expect(() => dropout(x, key, { ratio: -0.1, stream: 'drop' })).toThrow(/ratio -0.1/);
});
