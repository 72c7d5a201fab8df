// MobileNetV2: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018. Names as in torchvision.
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  type Conv2dOptions,
  Dropout,
  Flatten,
  Linear,
  Module,
  ReLU6,
  Sequential,
} from '../nn/index.ts';
import { add } from '../ops/arithmetic.ts';
import { type CommonOptions, dropoutOption, entry } from './entry.ts';

/** Table 2 of the paper: expansion, output channels, repeats, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** 1x1 expansion, 3x3 depthwise convolution, 1x1 projection without activation, and a shortcut if shapes allow it. */
class InvertedResidual extends Module {
  private readonly conv: Sequential;
  private readonly residual: boolean;

  constructor(inputs: number, outputs: number, { stride, expansion }: { stride: number; expansion: number }) {
    super();
    const hidden = inputs * expansion;
    this.residual = stride === 1 && inputs === outputs;
    this.conv = new Sequential([
      ...(expansion > 1 ? [convolution(inputs, hidden, 1)] : []),
      convolution(hidden, hidden, 3, { stride, padding: 1, groups: hidden }),
      new Conv2d(hidden, outputs, 1, { bias: false }),
      new BatchNorm2d(outputs),
    ]);
  }

  forward(x: Value): Value {
    const y = this.conv.call(x);
    return this.residual ? add(x, y) : y;
  }
}

/** A convolution without bias, batch normalization, and ReLU6. */
function convolution(
  inputs: number,
  outputs: number,
  kernel: number,
  options: Conv2dOptions = {},
): Sequential {
  return new Sequential([
    new Conv2d(inputs, outputs, kernel, { ...options, bias: false }),
    new BatchNorm2d(outputs),
    new ReLU6(),
  ]);
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function mobilenetV2({ classes, inChannels, dropout }: CommonOptions & { readonly dropout: number }): Module {
  let inputs = 32;
  const blocks = stages.flatMap(([expansion, outputs, repeats, firstStride]) =>
    Array.from({ length: repeats }, (_, i) => {
      const block = new InvertedResidual(inputs, outputs, { stride: i === 0 ? firstStride : 1, expansion });
      inputs = outputs;
      return block;
    }),
  );
  return new Sequential({
    features: new Sequential([
      convolution(inChannels, 32, 3, { stride: 2, padding: 1 }),
      ...blocks,
      convolution(320, 1280, 1),
    ]),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    classifier: new Sequential([new Dropout(dropout), new Linear(1280, classes)]),
  });
}

export const mobilenetsV2 = {
  'mobilenet-v2': entry({
    family: 'MobileNet',
    description: 'Inverted residual blocks of depthwise convolutions',
    paper: 'Sandler et al. 2018',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-normal',
    options: { dropout: dropoutOption(0.2) },
    build: mobilenetV2,
  }),
};
