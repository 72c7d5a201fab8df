// MobileNet: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications",
// arXiv:1704.04861.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  type Conv2dOptions,
  Flatten,
  Linear,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { type CommonOptions, entry } from './entry.ts';

/** Table 1 of the paper: output channels and stride of each depthwise separable convolution. */
const layers = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function mobilenetV1({ classes, inChannels }: CommonOptions): Module {
  const channels = [32, ...layers.map(([outputs]) => outputs)];
  return new Sequential({
    features: new Sequential([
      new Sequential(convolution(inChannels, 32, 3, { stride: 2, padding: 1 })),
      ...layers.map(([outputs, stride], i) => depthwiseSeparable(channels[i], outputs, stride)),
    ]),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    classifier: new Linear(1024, classes),
  });
}

/** A depthwise 3x3 convolution, then a pointwise 1x1 convolution (figure 3, right). */
function depthwiseSeparable(inputs: number, outputs: number, stride: number): Module {
  return new Sequential([
    ...convolution(inputs, inputs, 3, { stride, padding: 1, groups: inputs }),
    ...convolution(inputs, outputs, 1),
  ]);
}

function convolution(inputs: number, outputs: number, kernel: number, options: Conv2dOptions = {}): Module[] {
  return [
    new Conv2d(inputs, outputs, kernel, { ...options, bias: false }),
    new BatchNorm2d(outputs),
    new ReLU(),
  ];
}

export const mobilenetsV1 = {
  'mobilenet-v1': entry({
    family: 'MobileNet',
    description: 'Depthwise separable convolutions',
    paper: 'Howard et al. 2017',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-normal',
    options: {},
    build: mobilenetV1,
  }),
};
