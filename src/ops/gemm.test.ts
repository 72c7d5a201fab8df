import { expect, test } from 'vitest';
import { floatTensor } from '../tensor/tensor.ts';
import { floatType } from './check.ts';
import { Gemm, gemm } from './gemm.ts';
import { compute, gradientError, randomTensor } from './run.ts';

const a = floatTensor([2, 3], [1, 2, 3, 4, 5, 6]);
const b = floatTensor([3, 2], [1, 2, 3, 4, 5, 6]);

test('a product of two matrices, with and without bias', () => {
  expect([...compute([a, b], (x, y) => gemm(x, y)).data]).toEqual([22, 28, 49, 64]);
  const c = floatTensor([2], [100, 200]);
  expect([...compute([a, b, c], (x, y, z) => gemm(x, y, z)).data]).toEqual([122, 228, 149, 264]);
});

test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('its gradients match finite differences, transA %s, transB %s', (transA, transB) => {
  const first = randomTensor(transA ? [4, 3] : [3, 4], 'a');
  const second = randomTensor(transB ? [2, 4] : [4, 2], 'b');
  const attributes = { transA, transB };
  expect(gradientError(Gemm, [first, second, randomTensor([2], 'c')], attributes)).toBeLessThan(1e-3);
});

test('it costs the products; Paddle leaves the bias out', () => {
  const inputs = [floatType([1, 120]), floatType([84, 120]), floatType([84])] as const;
  const attributes = { transA: false, transB: true };
  expect(Gemm.cost!(inputs, Gemm.infer(inputs, attributes), attributes)).toEqual({
    macs: 10_080,
    biasAdds: 84,
    paddleFlops: 10_080,
  });
});

test('matrices of different inner extents are an error', () => {
  const inputs = [floatType([8, 400]), floatType([84, 120])] as const;
  expect(() => Gemm.infer(inputs, { transA: false, transB: true })).toThrow(
    /cannot multiply \[8, 400\] by \[84, 120\].*400 columns and 120 rows/,
  );
  expect(() => Gemm.infer([floatType([8, 1, 2, 2]), inputs[1]], { transA: false, transB: true })).toThrow(
    /first matrix as \[M, K\]/,
  );
});
