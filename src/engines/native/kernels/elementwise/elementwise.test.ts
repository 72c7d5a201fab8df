// Tests of element-wise kernels: layouts, halos that differ, every way of repeating.
import {
  type Agreement,
  agreement,
  checkAgreement,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { Clip, ClipGrad, Relu, ReluGrad, Sigmoid, SigmoidGrad } from '../../../../ops/activations.ts';
import { Add, Div, Mul, Sqrt, Sub } from '../../../../ops/arithmetic.ts';
import { randomTensor } from '../../../../ops/run.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { type FloatTensor, floatTensor } from '../../../../tensor/tensor.ts';
import { batch, type Layout } from '../../compiler/layout.ts';
import {
  addRule,
  clipGradRule,
  clipRule,
  divRule,
  mulRule,
  reluGradRule,
  reluRule,
  sigmoidGradRule,
  sigmoidRule,
  sqrtRule,
  subRule,
} from './elementwise.ts';

function pairs(): [Shape, Shape, (Layout | undefined)?, Layout?][] {
  return [
    [
      [2, 3, 5],
      [2, 3, 5],
    ],
    [
      [3, 1, 1],
      [2, 3, 4, 5],
    ],
    [
      [2, 1, 5],
      [3, 1],
    ],
    [[4], [3, 4]],
    [[2, 37], []],
    [[], []],
    [[1, 17], [17]],
    [[2, 40, 3, 5], [2, 40, 3, 5], image, image],
    [[16, 3, 2, 5], [16, 3, 2, 5], batch, batch],
    [[16, 3, 2, 5], [16, 3, 1, 1], batch],
    [[16, 3, 2, 5], [], batch],
    [[16, 3, 2, 5], [3, 1, 1], batch],
    [[2, 17, 3, 5], [], image],
    [[2, 17, 3, 5], [17, 1, 1], image],
    [[2, 17, 3, 5], [1, 17, 1, 1], image],
    [[2, 17, 3, 5], [2, 17, 1, 1], image, image],
    [[2, 1, 3, 5], [2, 17, 3, 1], image, image],
    [[1, 3, 1, 1], [1, 3, 1, 1], image, image],
    [[3, 5], [2, 3, 3, 5], undefined, image],
    [[4, 3, 5], [2, 4, 3, 5], undefined, image],
  ];
}

function binaryCases(halos: typeof uneven): Agreement[] {
  return pairs().flatMap(([a, b, ofA, ofB], i) => {
    const inputs = [randomTensor(a, `a${i}`), randomTensor(b, `b${i}`)];
    const further = { layouts: [ofA, ofB] };
    return [
      agreement(`Sub ${i}`, Sub, halos(subRule), inputs, {}, further),
      agreement(`Mul ${i}`, Mul, halos(mulRule), inputs, {}, further),
      agreement(`Div ${i}`, Div, halos(divRule), inputs, {}, further),
    ];
  });
}

function activationCases(shape: Shape, layout?: Layout, halos: typeof uneven = (rule) => rule): Agreement[] {
  const [x, y] = [randomTensor(shape, 'x'), randomTensor(shape, 'y')];
  const further = { layouts: [layout, layout] };
  return [
    agreement('Relu', Relu, reluRule, [x], {}, { ...further, inPlace: [[0, 0]] }),
    agreement('ReluGrad', ReluGrad, halos(reluGradRule), [x, y], {}, further),
    agreement('Clip', Clip, halos(clipRule), [x], { min: -0.5, max: 1 }, further),
    agreement('Clip away from 0', Clip, halos(clipRule), [x], { min: 0.25, max: 1 }, further),
    agreement('ClipGrad', ClipGrad, halos(clipGradRule), [x, y], { min: -0.5, max: 1 }, further),
    agreement('Sigmoid', Sigmoid, halos(sigmoidRule), [x], {}, further),
    agreement('Sqrt', Sqrt, halos(sqrtRule), [squares(x)], {}, further),
    agreement('SigmoidGrad', SigmoidGrad, halos(sigmoidGradRule), [x, y], {}, further),
  ];
}

function squares({ shape, data }: FloatTensor): FloatTensor {
  return floatTensor(
    shape,
    data.map((value) => value * value),
  );
}

nativeTest('two operands, repeated in every way', async () => {
  const sum = agreement('Add', Add, addRule, [randomTensor([3, 4]), randomTensor([4])], {});
  await checkAgreement([...binaryCases((rule) => rule), ...binaryCases(uneven), sum]);
});

nativeTest('activations and their gradients', async () => {
  await checkAgreement([
    ...activationCases([3, 7]),
    ...activationCases([2, 17, 3, 5], image),
    ...activationCases([2, 40, 3, 1], image, uneven),
  ]);
});
