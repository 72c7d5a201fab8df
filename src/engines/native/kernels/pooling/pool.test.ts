// Tests of pooling kernels.
import {
  type Agreement,
  agreement,
  checkAgreement,
  formulaValues,
  image,
  uneven,
} from '../../../../../test/kernel-agreement.ts';
import { nativeTest } from '../../../../../test/native.ts';
import { greater, less, max, min, multiply, sigmoid, where } from '../../../../expressions/builders.ts';
import { operand } from '../../../../expressions/expression.ts';
import { AdaptiveAveragePool, AdaptiveAveragePoolGrad } from '../../../../ops/adaptive-average-pool.ts';
import { AveragePool, AveragePoolGrad } from '../../../../ops/average-pool.ts';
import { GlobalAveragePool } from '../../../../ops/global-average-pool.ts';
import { MaxPool, MaxPoolGrad } from '../../../../ops/max-pool.ts';
import type { PoolAttributes } from '../../../../ops/pool.ts';
import { randomTensor, run } from '../../../../ops/run.ts';
import { defaultWindow, type Pair } from '../../../../ops/window.ts';
import type { Shape } from '../../../../tensor/shape.ts';
import { floatTensor, type Tensor } from '../../../../tensor/tensor.ts';
import {
  adaptiveAveragePoolGradRule,
  adaptiveAveragePoolRule,
  averagePoolGradRule,
  averagePoolRule,
  globalAveragePoolRule,
} from './average-pool.ts';
import { maxPoolGradRule, maxPoolRule } from './max-pool.ts';

const layouts = { layouts: [image, image, image] };

function pooling(attributes: Partial<PoolAttributes> & { kernelShape: Pair }): PoolAttributes {
  return { ...defaultWindow, strides: attributes.kernelShape, ceilMode: false, ...attributes };
}

/** Whole numbers, so that windows have several maxima. */
function tied(shape: Shape) {
  return floatTensor(
    shape,
    randomTensor(shape).data.map((value) => Math.round(value)),
  );
}

function maxPooling(shape: Shape, attributes: PoolAttributes): Agreement[] {
  const x = tied(shape);
  const [y] = run(MaxPool, [x], attributes);
  const dy = randomTensor(y.shape, 'dy');
  const name = JSON.stringify({ shape, ...attributes });
  return [
    agreement(`max ${name}`, MaxPool, uneven(maxPoolRule), [x], attributes, layouts),
    agreement(`max gradient ${name}`, MaxPoolGrad, uneven(maxPoolGradRule), [dy, x, y], attributes, layouts),
  ];
}

function averagePooling(shape: Shape, pool: PoolAttributes, countIncludePad = true): Agreement[] {
  const { dilations: _, ...window } = pool;
  const attributes = { ...window, countIncludePad };
  const x = randomTensor(shape);
  const dy = randomTensor(run(AveragePool, [x], attributes)[0].shape, 'dy');
  const ofGradient = { ...attributes, inputShape: shape };
  const name = JSON.stringify({ shape, ...attributes });
  return [
    agreement(`average ${name}`, AveragePool, uneven(averagePoolRule), [x], attributes, layouts),
    agreement(
      `average gradient ${name}`,
      AveragePoolGrad,
      uneven(averagePoolGradRule),
      [dy],
      ofGradient,
      layouts,
    ),
  ];
}

function adaptivePooling(shape: Shape, outputSize: Pair): Agreement[] {
  const dy = randomTensor([...shape.slice(0, 2), ...outputSize], 'dy');
  const name = `${shape} to ${outputSize}`;
  return [
    agreement(
      name,
      AdaptiveAveragePool,
      uneven(adaptiveAveragePoolRule),
      [randomTensor(shape)],
      { outputSize },
      layouts,
    ),
    agreement(
      `gradient ${name}`,
      AdaptiveAveragePoolGrad,
      uneven(adaptiveAveragePoolGradRule),
      [dy],
      { inputShape: shape },
      layouts,
    ),
  ];
}

const windows: [Shape, PoolAttributes][] = [
  [[2, 17, 6, 4], pooling({ kernelShape: [2, 2] })],
  [[1, 3, 7, 9], pooling({ kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })],
  [[1, 40, 7, 5], pooling({ kernelShape: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1], ceilMode: true })],
  [[2, 1, 5, 5], pooling({ kernelShape: [2, 3], strides: [3, 1] })],
  [[1, 5, 1, 1], pooling({ kernelShape: [1, 1] })],
];

nativeTest('max pooling', async () => {
  const dilated = pooling({ kernelShape: [3, 3], strides: [1, 2], dilations: [2, 3], pads: [1, 1, 1, 1] });
  await checkAgreement([
    ...windows.flatMap(([shape, window]) => maxPooling(shape, window)),
    ...maxPooling([1, 2, 9, 11], dilated),
  ]);
});

nativeTest('average pooling', async () => {
  const padded = pooling({ kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceilMode: true });
  await checkAgreement([
    ...windows.flatMap(([shape, window]) => averagePooling(shape, window)),
    ...averagePooling([1, 3, 6, 5], padded),
    ...averagePooling([1, 3, 6, 5], padded, false),
  ]);
});

nativeTest('gradients with the gradient of the activation before the pool', async () => {
  const window = pooling({ kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  const [x] = formulaValues([min(max(operand(0), 0), 1)], [tied([2, 17, 7, 6])]);
  const [y] = run(MaxPool, [x], window);
  const dy = randomTensor(y.shape, 'dy');
  const [ofMaxima] = run(MaxPoolGrad, [dy, x, y], window);
  const { dilations: _, ...undilated } = window;
  const averaging = { ...undilated, countIncludePad: true, inputShape: x.shape };
  const [ofMeans] = run(AveragePoolGrad, [dy], averaging);
  const [gradient, value] = [operand(0), operand(1)];
  const epilogues = [
    where(less(value, 1), where(greater(value, 0), gradient, 0), 0),
    multiply(gradient, sigmoid(value)),
    multiply(gradient, 0.5),
  ];
  const cases = epilogues.flatMap((epilogue, i): Agreement[] => {
    const isMasked = i < 2;
    const finished = (sum: Tensor) => formulaValues([epilogue], isMasked ? [sum, x] : [sum]);
    const max = {
      rule: uneven(maxPoolGradRule),
      attributes: { ...window, epilogue },
      inputs: [dy, x, y],
      outputs: [x],
    };
    const average = {
      rule: uneven(averagePoolGradRule),
      attributes: { ...averaging, epilogue },
      inputs: isMasked ? [dy, x] : [dy],
      outputs: [x],
    };
    return [
      { name: `max ${i}`, kernel: { ...max, ...layouts }, expected: finished(ofMaxima) },
      { name: `average ${i}`, kernel: { ...average, ...layouts }, expected: finished(ofMeans) },
    ];
  });
  await checkAgreement(cases);
});

nativeTest('images in the lanes', async () => {
  const batch = { kind: 'batch' } as const;
  const window = pooling({ kernelShape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] });
  const shape = [16, 3, 7, 6];
  const cases = [
    ...maxPooling(shape, window),
    ...averagePooling(shape, window),
    ...adaptivePooling(shape, [3, 2]),
    agreement('global', GlobalAveragePool, globalAveragePoolRule, [randomTensor(shape)], {}, layouts),
  ];
  await checkAgreement(
    cases.map(({ kernel, ...rest }) => ({ ...rest, kernel: { ...kernel, layouts: [batch, batch, batch] } })),
  );
});

nativeTest('adaptive and global pooling', async () => {
  await checkAgreement([
    ...adaptivePooling([2, 17, 7, 5], [3, 2]),
    ...adaptivePooling([1, 3, 2, 3], [5, 4]),
    ...adaptivePooling([2, 1, 6, 4], [3, 2]),
    agreement(
      'global',
      GlobalAveragePool,
      uneven(globalAveragePoolRule),
      [randomTensor([3, 17, 7, 5])],
      {},
      layouts,
    ),
    agreement(
      'global 1x1',
      GlobalAveragePool,
      globalAveragePoolRule,
      [randomTensor([1, 40, 1, 1])],
      {},
      layouts,
    ),
  ]);
});
