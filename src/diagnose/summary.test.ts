// Counts against the textbook's numbers.
import { expect, test } from 'vitest';
import { createModel } from '../models/index.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  Sequential,
} from '../nn/index.ts';
import { summarize } from './summary.ts';

/** The layers of a plain stack on 3x32x32, up to where the classifier begins. */
function stack(parts: Record<string, Module>, channels: number) {
  const head = { global: new AdaptiveAvgPool2d(1), flatten: new Flatten(), fc: new Linear(channels, 2) };
  const network = new Sequential({ ...parts, ...head });
  return summarize(defineModel({ name: 'stack', network, input: [3, 32, 32], classes: 2 }));
}

const receptiveFieldsByName = (summary: ReturnType<typeof summarize>) =>
  Object.fromEntries(summary.layers.map(({ name, receptiveField }) => [name, receptiveField]));

test('LeNet-5 has the parameters and operations of the textbook', () => {
  const { layers, totals, input } = summarize(createModel('lenet5'));
  expect(input).toEqual([1, 1, 32, 32]);
  expect(layers.filter(({ params }) => params > 0).map(({ params }) => params)).toEqual([
    156, 2416, 48120, 10164, 850,
  ]);
  expect(layers.filter(({ op }) => op !== 'Relu').map(({ paddleFlops }) => paddleFlops)).toEqual([
    122304, 0, 241600, 400, 48120, 0, 10080, 840,
  ]);
  expect(totals).toMatchObject({ params: 61706, trainable: 61706, buffers: 0, flops: 2 * totals.macs });
  expect(totals.paddle).toEqual({ total: 61706, trainable: 61706, nonTrainable: 0, flops: 423344 });
});

test('ResNet-18 for grayscale 32x32 images has the totals of the textbook', () => {
  const model = createModel('resnet18', { stemBias: true, input: [1, 32, 32], classes: 10 });
  const { totals } = summarize(model);
  expect(totals.paddle).toEqual({
    total: 11185034,
    trainable: 11165834,
    nonTrainable: 19200,
    flops: 35529728,
  });
  expect(totals.params + totals.buffers).toBe(11185034);
  expect(totals.buffers).toBe(9600);
});

test('ResNet-50 with early strides has the parameters of the textbook', () => {
  const { paddle } = summarize(createModel('resnet50', { strideIn: '1x1' })).totals;
  expect(paddle).toMatchObject({ total: 25610152, trainable: 25503912 });
});

test('memory of a training step grows with the batch in its activations alone', () => {
  const [one, three] = [1, 3].map((size) => summarize(createModel('lenet5'), size).totals.memory);
  expect(one).toMatchObject({
    parameters: 4 * 61706,
    gradients: 4 * 61706,
    optimizer: 4 * 61706,
    buffers: 0,
  });
  expect(three).toEqual({
    ...one,
    activations: 3 * one.activations,
    total: one.total + 2 * one.activations,
  });
});

test('6 kernels of 3x3 over 3x32x32 cost 168 parameters and 151,200 operations with the bias', () => {
  const [layer] = stack({ conv: new Conv2d(3, 6, 3) }, 6).layers;
  expect(layer).toMatchObject({ name: 'conv', op: 'Conv', inputs: [[1, 3, 32, 32]], output: [1, 6, 30, 30] });
  expect(layer.params).toBe(168);
  expect(layer.macs + layer.biasAdds).toBe(151200);
});

test('arithmetic is counted for the whole batch, parameters once', () => {
  const [one, three] = [summarize(createModel('lenet5'), 1), summarize(createModel('lenet5'), 3)];
  expect(three.totals.macs).toBe(3 * one.totals.macs);
  expect(three.totals.params).toBe(one.totals.params);
});

test('a layer used twice is counted once as parameters and twice as arithmetic', () => {
  const shared = new Conv2d(3, 3, 3, { padding: 1 });
  const { layers, totals } = stack({ first: shared, second: shared }, 3);
  expect(layers.filter(({ op }) => op === 'Conv').map(({ params }) => params)).toEqual([84, 84]);
  expect(totals.params).toBe(84 + 8);
  expect(totals.macs).toBe(2 * 32 * 32 * 81 + 6);
});

test('a frozen parameter is a parameter, but not trainable', () => {
  const conv = new Conv2d(3, 6, 3);
  conv.weight.trainable = false;
  const { totals } = stack({ conv }, 6);
  expect(totals.params - totals.trainable).toBe(162);
});

test('two 3x3 convolutions have a receptive field of 5x5, with or without padding', () => {
  const fields = receptiveFieldsByName(
    stack({ a: new Conv2d(3, 4, 3), b: new Conv2d(4, 4, 3), c: new Conv2d(4, 4, 3, { padding: 1 }) }, 4),
  );
  expect(fields).toMatchObject({ a: [3, 3], b: [5, 5], c: [7, 7] });
});

test('strides and dilations enlarge the receptive fields of later layers', () => {
  const fields = receptiveFieldsByName(
    stack(
      {
        strided: new Conv2d(3, 4, 3, { stride: [2, 1], padding: 1 }),
        pool: new MaxPool2d(2),
        dilated: new Conv2d(4, 4, [3, 1], { dilation: [2, 1] }),
      },
      4,
    ),
  );
  expect(fields).toMatchObject({ strided: [3, 3], pool: [5, 4], dilated: [5 + 2 * 2 * 4, 4] });
});

test('a global pool and a flattened feature map have the whole image as receptive field', () => {
  const fields = receptiveFieldsByName(stack({ conv: new Conv2d(3, 6, 3, { padding: 1 }) }, 6));
  expect(fields).toMatchObject({ conv: [3, 3], global: [34, 34], flatten: [34, 34], fc: [34, 34] });
  expect(receptiveFieldsByName(summarize(createModel('lenet5')))).toMatchObject({
    conv1: [5, 5],
    pool2: [16, 16],
    fc2: [32, 32],
  });
});

test('the receptive field of a residual block is that of its longest path', () => {
  const fields = receptiveFieldsByName(summarize(createModel('resnet18', { input: [3, 64, 64] })));
  expect(fields).toMatchObject({
    conv1: [7, 7],
    maxpool: [11, 11],
    'layer1.0.conv2': [27, 27],
    'layer1.0.Add': [27, 27],
    'layer1.1.conv1': [35, 35],
    'layer2.0.downsample.0': [43, 43],
    'layer2.0.Add': [67, 67],
  });
});
