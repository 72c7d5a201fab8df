import { expect, test } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { Conv, conv } from './conv.ts';
import { gradientError, randomTensor, run } from './run.ts';
import { defaultWindow } from './window.ts';

const plain = { ...defaultWindow, group: 1 };

test('a convolution is the sum of products in the textbook', () => {
  const x = floatTensor([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const weight = floatTensor([1, 1, 2, 2], [0, 1, 2, 3]);
  expect([...run(Conv, [x, weight], plain)[0].data]).toEqual([25, 31, 43, 49]);
});

test('padding 1 keeps the size under a 3x3 kernel, and stride 2 halves it', () => {
  const x = randomTensor([1, 2, 8, 8]);
  const weight = randomTensor([2, 2, 3, 3]);
  const padded = { ...plain, pads: [1, 1, 1, 1] } as const;
  expect(run(Conv, [x, weight], padded)[0].shape).toEqual([1, 2, 8, 8]);
  expect(run(Conv, [x, weight], { ...padded, strides: [2, 2] })[0].shape).toEqual([1, 2, 4, 4]);
});

test('each output map sums over the input channels', () => {
  const x = floatTensor([1, 2, 3, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const weight = floatTensor([3, 2, 2, 2], new Float32Array(24).fill(1));
  const [y] = run(Conv, [x, weight, floatTensor([3], [0, 0, 0])], plain);
  expect([...y.data]).toEqual([20, 28, 44, 52, 20, 28, 44, 52, 20, 28, 44, 52]);
});

test('six 3x3 kernels over 3x32x32 take 151,200 operations', () => {
  const inputs = [floatType([1, 3, 32, 32]), floatType([6, 3, 3, 3]), floatType([6])] as const;
  const cost = Conv.cost!(inputs, Conv.infer(inputs, plain), plain);
  expect(cost).toEqual({ macs: 145_800, biasAdds: 5_400, paddleFlops: 151_200 });
});

test('the gradients of strided, padded, dilated and grouped convolution match finite differences', () => {
  const attributes = { strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 2], group: 2 } as const;
  const inputs = [
    randomTensor([2, 4, 5, 6]),
    randomTensor([4, 2, 3, 2], 'weight'),
    randomTensor([4], 'bias'),
  ];
  expect(gradientError(Conv, inputs, attributes)).toBeLessThan(1e-2);
});

test('channels that do not fit the weight are an error', () => {
  const graph = new Graph('inference');
  const x = graph.input('x', floatType([1, 3, 8, 8]), 'batch');
  const weight = graph.input('weight', floatType([4, 2, 3, 3]), 'batch');
  expect(() => conv(x, weight)).toThrow(/input \[1, 3, 8, 8\], weight \[4, 2, 3, 3\] and group 1/);
});
