import { expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { RandomStream } from '../tensor/random.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { MaxPool, MaxPoolGrad, maxPool } from './max-pool.ts';
import { compute, gradientError, run } from './run.ts';

const image = floatTensor(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, i) => i + 1),
);
const overlapping = {
  kernelShape: [3, 3],
  strides: [2, 2],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  ceilMode: false,
} as const;

test('max pool 2/2 of 1 to 16', () => {
  const y = compute([image], (x) => maxPool(x, { kernelShape: [2, 2] }));
  expect(y.shape).toEqual([1, 1, 2, 2]);
  expect([...y.data]).toEqual([6, 8, 14, 16]);
});

test('padding never wins', () => {
  const negative = floatTensor([1, 1, 2, 2], [-4, -3, -2, -1]);
  expect([...run(MaxPool, [negative], overlapping)[0].data]).toEqual([-1]);
});

test('with ceilMode a last window may reach beyond the image', () => {
  const x = floatTensor([1, 1, 1, 5], [1, 2, 3, 4, 5]);
  const pool = (ceilMode: boolean) =>
    compute([x], (value) => maxPool(value, { kernelShape: [1, 2], ceilMode }));
  expect([...pool(false).data]).toEqual([2, 4]);
  expect([...pool(true).data]).toEqual([2, 4, 5]);
});

test('a dilated window skips pixels', () => {
  const y = compute([image], (x) => maxPool(x, { kernelShape: [2, 2], strides: [1, 1], dilations: [2, 2] }));
  expect([...y.data]).toEqual([11, 12, 15, 16]);
});

test('the first of equal maxima gets the gradient', () => {
  const x = floatTensor([1, 1, 2, 2], [1, 7, 7, 7]);
  const attributes = { ...overlapping, kernelShape: [2, 2], pads: [0, 0, 0, 0] } as const;
  const [dx] = run(
    MaxPoolGrad,
    [floatTensor([1, 1, 1, 1], [5]), x, run(MaxPool, [x], attributes)[0]],
    attributes,
  );
  expect([...dx.data]).toEqual([0, 5, 0, 0]);
});

test('NaN is propagated', () => {
  const x = floatTensor([1, 1, 1, 3], [1, Number.NaN, 3]);
  expect(compute([x], (value) => maxPool(value, { kernelShape: [1, 3] })).data[0]).toBeNaN();
});

test('the gradient of overlapping windows matches finite differences', () => {
  const distinct = floatTensor([1, 2, 5, 7], Float32Array.from(new RandomStream(0, 'order').permutation(70)));
  expect(gradientError(MaxPool, [distinct], overlapping)).toBeLessThan(1e-3);
});

test('a window larger than the image, or padding beyond half of it, is an error', () => {
  const x = new Graph('inference').input('x', floatType([1, 8, 2, 2]), 'batch');
  expect(() => maxPool(x, { kernelShape: [3, 3] })).toThrow(/does not fit input \[1, 8, 2, 2\]/);
  expect(() => maxPool(x, { kernelShape: [2, 2], pads: [2, 0, 0, 0] })).toThrow(/at most half the kernel/);
  expect(() => maxPool(x, { kernelShape: [2, 2], pads: [1, 1, 1, 1], dilations: [3, 3] })).toThrow(
    /only padding/,
  );
});

test.each([
  // MaxPool2d(3, stride=2, ceil_mode=True) and others of torch.nn.functional.max_pool2d
  [[2, 13], 3, 2, 0, 1, [1, 6]],
  [[1, 4], 3, 2, 1, 1, [1, 3]],
  [[2, 2], 4, 4, 0, 1, [1, 1]],
  [[1, 1], 3, 3, 0, 1, [1, 1]],
  [[5, 3], 2, 2, 0, 3, [2, 1]],
  [[4, 4], 2, 3, 1, 1, [2, 2]],
])(
  'with ceilMode windows are counted as PyTorch counts them: %j',
  (image, kernel, stride, padding, dilation, size) => {
    const x = floatTensor(
      [1, 1, ...image],
      Array.from({ length: image[0] * image[1] }, (_, i) => i),
    );
    const y = compute([x], (value) =>
      maxPool(value, {
        kernelShape: [kernel, kernel],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
        dilations: [dilation, dilation],
        ceilMode: true,
      }),
    );
    expect(y.shape.slice(2)).toEqual(size);
  },
);

test('a window that starts beyond the image is dropped, also with ceilMode', () => {
  const x = new Graph('inference').input('x', floatType([1, 1, 2, 2]), 'batch');
  expect(() => maxPool(x, { kernelShape: [6, 6], strides: [2, 2], ceilMode: true })).toThrow(/does not fit/);
});

test('shapes of huge images are inferred without looking at their windows', () => {
  const graph = new Graph('inference');
  const x = graph.input('x', floatType([1, 1, 2e9, 1]), 'batch');
  const pooled = maxPool(x, { kernelShape: [3, 1], strides: [1, 1], pads: [1, 0, 1, 0], ceilMode: true });
  expect(pooled.shape).toEqual([1, 1, 2e9, 1]);
  expect(maxPool(x, { kernelShape: [2, 1], strides: [2, 1], dilations: [1e9, 1] }).shape[2]).toBe(5e8);
});
