// Tests of sums and means over axes.
import {
  type Agreement,
  agreement,
  checkAgreement,
  checkRepeatability,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { ReduceMean } from '../../../../ops/reduce-mean.ts';
import { ReduceSum } from '../../../../ops/reduce-sum.ts';
import { randomTensor } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { batch, type Layout } from '../../compiler/layout.ts';
import { reduceMeanRule, reduceSumRule } from './reduce.ts';

function reductions(shape: Shape, axes: readonly number[], layout?: Layout): Agreement[] {
  const x = randomTensor(shape);
  const layouts = { layouts: [layout] };
  const sum = { axes, keepDims: false };
  return [
    agreement(`sum ${shape} over ${axes}`, ReduceSum, uneven(reduceSumRule), [x], sum, layouts),
    agreement(
      `mean ${shape} over ${axes}`,
      ReduceMean,
      reduceMeanRule,
      [x],
      { axes, keepDims: true },
      layouts,
    ),
  ];
}

function cases(): Agreement[] {
  return [
    ...reductions([2, 17, 5, 7], [0, 2, 3], image),
    ...reductions([3, 40, 1, 1], [0, 2, 3], image),
    ...reductions([2, 17, 5, 7], [2, 3], image),
    ...reductions([2, 3, 5, 7], [1], image),
    ...reductions([32, 3, 5, 7], [0, 2, 3], batch),
    ...reductions([16, 2, 3, 3], [2, 3], batch),
    ...reductions([2, 3, 5, 7], [0, 2, 3]),
    ...reductions([2, 3, 5, 7], [1, 3]),
    ...reductions([2, 3, 5, 37], [0, 2]),
    ...reductions([64, 84], [0]),
    ...reductions([5, 3000], [1]),
    ...reductions([5, 1], [1]),
    ...reductions([50, 77], [0, 1]),
    ...reductions([1, 1], [0, 1]),
    ...reductions([3, 7], []),
  ];
}

nativeTest('sums and means over axes', async () => {
  await checkAgreement(cases());
});

nativeTest('sums repeat to the bit', async () => {
  await checkRepeatability(cases());
});
