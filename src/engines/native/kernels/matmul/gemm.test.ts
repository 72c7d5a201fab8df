// Tests of matrix products: forward pass and both gradients of layers of many sizes.
import { type Agreement, checkAgreement, checkRepeatability } from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Clip } from '../../../../ops/activations.ts';
import { Gemm } from '../../../../ops/gemm.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import type { Bounds } from '../../compiler/instruction.ts';
import { gemmRule } from './gemm.ts';

function product(
  [rows, columns, inner]: readonly [number, number, number],
  way: { transA?: boolean; transB?: boolean; bias?: boolean; clip?: Bounds },
): Agreement {
  const { transA = false, transB = false, bias = false, clip } = way;
  const a = randomTensor(transA ? [inner, rows] : [rows, inner], 'a');
  const b = randomTensor(transB ? [columns, inner] : [inner, columns], 'b');
  const inputs = bias ? [a, b, randomTensor([columns], 'c')] : [a, b];
  const sums = run(Gemm, inputs, { transA, transB })[0];
  const expected = clip ? run(Clip, [sums], { min: clip[0], max: clip[1] }) : [sums];
  return {
    name: `${rows} x ${columns} over ${inner}, ${JSON.stringify(way)}`,
    kernel: {
      rule: gemmRule,
      attributes: { transA, transB, ...(clip && { clip }) },
      inputs,
      outputs: [sums],
    },
    expected,
  };
}

const relu: Bounds = [0, Number.POSITIVE_INFINITY];

const forward = [
  product([1, 10, 84], { transB: true, bias: true }),
  product([5, 17, 37], { transB: true, bias: true, clip: relu }),
  product([3, 5, 3], { transB: true }),
  product([7, 30, 2000], { transB: true, bias: true, clip: [-1, 20] }),
  product([2, 9, 40], { transA: true, transB: true, bias: true }),
];

const backward = [
  product([1, 37, 10], {}),
  product([5, 100, 300], { bias: true, clip: relu }),
  product([33, 120, 84], {}),
  product([64, 17, 300], { bias: true, clip: [-1, 20] }),
  product([10, 84, 5], { transA: true }),
  product([40, 200, 3], { transA: true }),
  product([1, 1, 1], { transA: true, bias: true }),
];

nativeTest('forward passes', async () => {
  await checkAgreement(forward);
});

nativeTest('gradients', async () => {
  await checkAgreement(backward);
});

nativeTest('products repeat to the bit', async () => {
  await checkRepeatability([...forward, ...backward]);
});
