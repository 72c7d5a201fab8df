import { expect, test } from 'vitest';
import { memoryBytes } from './source.ts';
import { findFault, readStored, repeatsElements, type StoredTensor } from './stored-tensor.ts';

const storage = memoryBytes(new Uint8Array(Float32Array.from([0, 1, 2, 3, 4, 5]).buffer), 'x');

function stored(parts: Partial<StoredTensor>): StoredTensor {
  return { type: 'F32', shape: [2, 3], storage, ...parts };
}

test.each<[string, Partial<StoredTensor>, number[]]>([
  ['in a row', {}, [0, 1, 2, 3, 4, 5]],
  ['from an offset', { shape: [2], offset: 3 }, [3, 4]],
  ['transposed', { shape: [3, 2], strides: [1, 3] }, [0, 3, 1, 4, 2, 5]],
  ['every second', { shape: [3], strides: [2] }, [0, 2, 4]],
  ['with a stride of an axis of 1 that means nothing', { shape: [1, 2], strides: [999, 1] }, [0, 1]],
  ['of no axes', { shape: [], offset: 5 }, [5]],
  ['without elements, wherever', { shape: [0, 3], offset: 999 }, []],
  ['overlapping', { shape: [2, 2], strides: [1, 1] }, [0, 1, 1, 2]],
])('elements %s are read', async (_, parts, expected) => {
  expect(findFault(stored(parts))).toBeUndefined();
  expect([...(await readStored(stored(parts), 'x')).data]).toEqual(expected);
});

test.each([[[2, 0, 1]], [[1, 2, 0]], [[2, 1, 0]], [[0, 2, 1]]])(
  'a large tensor whose axes are stored in the order %j is read',
  async (order) => {
    const shape = [37, 41, 23];
    const strides = [0, 0, 0];
    for (let axis = 2, stride = 1; axis >= 0; axis--) {
      strides[order[axis]] = stride;
      stride *= shape[order[axis]];
    }
    const values = Float32Array.from({ length: 37 * 41 * 23 }, (_, i) => i);
    const bytes = memoryBytes(new Uint8Array(values.buffer), 'x');
    const { data } = await readStored(stored({ shape, strides, storage: bytes }), 'x');
    const expected = values.map((_, i) => {
      const [a, b, c] = [Math.floor(i / (41 * 23)), Math.floor(i / 23) % 41, i % 23];
      return a * strides[0] + b * strides[1] + c * strides[2];
    });
    expect(data).toEqual(expected);
  },
);

test.each<[string, Partial<StoredTensor>, string]>([
  ['a negative extent', { shape: [-2, 3] }, 'has the shape [-2, 3]; expected non-negative integers'],
  ['an extent that is not a number', { shape: [NaN] }, 'has the shape [NaN]'],
  ['half an extent', { shape: [0.5] }, 'has the shape [0.5]'],
  ['a huge extent', { shape: [2 ** 53] }, 'has the shape'],
  ['huge extents', { shape: [2 ** 40, 2 ** 40] }, 'needs'],
  ['extents whose product is not a number', { shape: Array(60).fill(2 ** 52) }, 'has the strides [Infinity'],
  ['too many axes', { shape: Array(65).fill(1) }, 'has 65 axes; expected at most 64'],
  ['a negative stride', { strides: [-3, 1] }, 'has the strides [-3, 1] and the offset 0'],
  ['a stride too few', { strides: [1] }, 'expected non-negative integers, one stride for each axis'],
  ['a negative offset', { offset: -1 }, 'the offset -1'],
  ['an offset that is not a number', { offset: NaN }, 'the offset NaN'],
  [
    'a place beyond the end',
    { offset: 1 },
    'needs 7 elements, as F32 [2, 3] from element 1 on, but 6 are there',
  ],
  ['strides beyond the end', { shape: [2, 2], strides: [6, 1] }, 'needs 8 elements'],
  [
    'one element many times',
    { shape: [2 ** 40], strides: [0] },
    'repeats elements: it has 1099511627776, but 6',
  ],
])('%s: a fault', (_, parts, fault) => {
  expect(findFault(stored(parts)) ?? repeatsElements(stored(parts))).toContain(fault);
});

test('big-endian elements are read', async () => {
  const bytes = memoryBytes(Uint8Array.of(0x3f, 0x80, 0, 0, 0, 0x30), 'x');
  const read = (parts: Partial<StoredTensor>) =>
    readStored(stored({ storage: bytes, bigEndian: true, ...parts }), 'x');
  expect((await read({ shape: [1] })).data).toEqual(Float32Array.of(1));
  expect((await read({ shape: [3], type: 'I16' })).data).toEqual(Int32Array.of(0x3f80, 0, 0x30));
});
