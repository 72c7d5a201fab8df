// Tests of matrix products: forward pass and both gradients of layers of many sizes.
import {
  type Agreement,
  activations,
  checkAgreement,
  checkRepeatability,
  formulaValues,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Gemm } from '../../../../ops/gemm.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import { gemmRule } from './gemm.ts';

function product(
  [rows, columns, inner]: readonly [number, number, number],
  way: { transA?: boolean; transB?: boolean; bias?: boolean; epilogue?: keyof typeof activations },
): Agreement {
  const { transA = false, transB = false, bias = false } = way;
  const a = randomTensor(transA ? [inner, rows] : [rows, inner], 'a');
  const b = randomTensor(transB ? [columns, inner] : [inner, columns], 'b');
  const inputs = bias ? [a, b, randomTensor([columns], 'c')] : [a, b];
  const sums = run(Gemm, inputs, { transA, transB })[0];
  const epilogue = way.epilogue && activations[way.epilogue];
  const expected = epilogue ? formulaValues([epilogue], [sums]) : [sums];
  return {
    name: `${rows} x ${columns} over ${inner}, ${JSON.stringify(way)}`,
    kernel: {
      rule: gemmRule,
      attributes: { transA, transB, ...(epilogue && { epilogue }) },
      inputs,
      outputs: [sums],
    },
    expected,
  };
}

const forward = [
  product([1, 10, 84], { transB: true, bias: true }),
  product([5, 17, 37], { transB: true, bias: true, epilogue: 'relu' }),
  product([3, 5, 3], { transB: true }),
  product([7, 30, 2000], { transB: true, bias: true, epilogue: 'gelu' }),
  product([4, 9, 50], { transB: true, epilogue: 'sigmoid' }),
  product([2, 9, 40], { transA: true, transB: true, bias: true }),
];

const backward = [
  product([1, 37, 10], {}),
  product([5, 100, 300], { bias: true, epilogue: 'relu' }),
  product([33, 120, 84], {}),
  product([64, 17, 300], { bias: true, epilogue: 'hardSwish' }),
  product([9, 21, 30], { epilogue: 'sigmoid' }),
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
