// GoogLeNet: Szegedy et al., "Going deeper with convolutions", CVPR 2015.
// Without batch normalization this is the textbook's variant: biases, ReLU after every convolution, padded pooling. With it,
// names, shapes, pooling and dropout are torchvision's, including the 3x3 kernel in place of the 5x5 (pytorch/vision issue
// 906). Its public weights need stemStride 2 and images normalized with mean 0.5 and std 0.5.
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  type Conv2dOptions,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '../nn/index.ts';
import { relu } from '../ops/activations.ts';
import { concat } from '../ops/concat.ts';
import { type CommonOptions, choice, entry, flag } from './entry.ts';

interface GoogLeNetOptions extends CommonOptions {
  readonly stemStride: 1 | 2;
  readonly auxiliary: boolean;
  readonly batchNorm: boolean;
}

interface Style {
  readonly batchNorm: boolean;
}

/** A convolution and ReLU; with batch normalization in between, the convolution has no bias. */
class ConvReLU extends Module {
  private readonly conv: Conv2d;
  private readonly bn: BatchNorm2d | undefined;

  constructor(
    inputs: number,
    outputs: number,
    kernel: number,
    { batchNorm, ...options }: Conv2dOptions & Style,
  ) {
    super();
    this.conv = new Conv2d(inputs, outputs, kernel, { ...options, bias: !batchNorm });
    this.bn = batchNorm ? new BatchNorm2d(outputs, { epsilon: 1e-3 }) : undefined;
  }

  forward(x: Value): Value {
    const y = this.conv.call(x);
    return relu(this.bn?.call(y) ?? y);
  }
}

/** Output channels of the branches (table 1 of the paper): 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection. */
type Channels = readonly [number, [number, number], [number, number], number];

/** Four branches over the same input, concatenated along the channels (figure 2b). */
class Inception extends Module {
  private readonly branch1: Module;
  private readonly branch2: Module;
  private readonly branch3: Module;
  private readonly branch4: Module;

  constructor(inputs: number, [one, [reduce3, three], [reduce5, five], pool]: Channels, style: Style) {
    super();
    const conv = (from: number, to: number, kernel: number) =>
      new ConvReLU(from, to, kernel, { padding: (kernel - 1) / 2, ...style });
    this.branch1 = conv(inputs, one, 1);
    this.branch2 = new Sequential([conv(inputs, reduce3, 1), conv(reduce3, three, 3)]);
    this.branch3 = new Sequential([conv(inputs, reduce5, 1), conv(reduce5, five, style.batchNorm ? 3 : 5)]);
    this.branch4 = new Sequential([new MaxPool2d(3, { stride: 1, padding: 1 }), conv(inputs, pool, 1)]);
  }

  forward(x: Value): Value {
    return concat([this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.call(x)));
  }
}

/**
 * An auxiliary classifier on an intermediate feature map, which improves the gradients of lower layers (section 5 of the
 * paper). In training its loss is added with weight 0.3. Returns its input.
 */
class AuxiliaryClassifier extends Module {
  private readonly conv: Module;
  private readonly fc1 = new Linear(128 * 4 * 4, 1024);
  private readonly fc2: Linear;
  private readonly pool = new AdaptiveAvgPool2d(4);
  private readonly flatten = new Flatten();
  private readonly dropout = new Dropout(0.7);

  constructor(inputs: number, classes: number, style: Style) {
    super();
    this.conv = new ConvReLU(inputs, 128, 1, style);
    this.fc2 = new Linear(1024, classes);
  }

  forward(x: Value): Value {
    if (x.graph.mode === 'training') x.graph.addAuxiliary({ logits: this.classify(x), weight: 0.3 });
    return x;
  }

  private classify(x: Value): Value {
    const features = this.flatten.call(this.conv.call(this.pool.call(x)));
    return this.fc2.call(this.dropout.call(relu(this.fc1.call(features))));
  }
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function googlenet({ classes, inChannels, stemStride, auxiliary, batchNorm }: GoogLeNetOptions): Module {
  const style = { batchNorm };
  const pool = () => new MaxPool2d(3, { stride: 2, ...(batchNorm ? { ceilMode: true } : { padding: 1 }) });
  return new Sequential({
    conv1: new ConvReLU(inChannels, 64, 7, { stride: stemStride, padding: 3, ...style }),
    maxpool1: pool(),
    conv2: new ConvReLU(64, 64, 1, style),
    conv3: new ConvReLU(64, 192, 3, { padding: 1, ...style }),
    maxpool2: pool(),
    inception3a: new Inception(192, [64, [96, 128], [16, 32], 32], style),
    inception3b: new Inception(256, [128, [128, 192], [32, 96], 64], style),
    maxpool3: pool(),
    inception4a: new Inception(480, [192, [96, 208], [16, 48], 64], style),
    ...(auxiliary && { aux1: new AuxiliaryClassifier(512, classes, style) }),
    inception4b: new Inception(512, [160, [112, 224], [24, 64], 64], style),
    inception4c: new Inception(512, [128, [128, 256], [24, 64], 64], style),
    inception4d: new Inception(512, [112, [144, 288], [32, 64], 64], style),
    ...(auxiliary && { aux2: new AuxiliaryClassifier(528, classes, style) }),
    inception4e: new Inception(528, [256, [160, 320], [32, 128], 128], style),
    maxpool4: batchNorm ? new MaxPool2d(2, { ceilMode: true }) : pool(),
    inception5a: new Inception(832, [256, [160, 320], [32, 128], 128], style),
    inception5b: new Inception(832, [384, [192, 384], [48, 128], 128], style),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    ...(batchNorm && { dropout: new Dropout(0.2) }),
    fc: new Linear(1024, classes),
  });
}

export const googlenets = {
  googlenet: entry({
    family: 'GoogLeNet',
    description: 'Nine inception modules with four branches of convolutions each',
    paper: 'Szegedy et al. 2015',
    input: [3, 224, 224],
    classes: 1000,
    init: 'paddle',
    options: {
      stemStride: choice([1, 2], 'stride of the first convolution; 2 in the paper'),
      auxiliary: flag(false, "the paper's two auxiliary classifiers, with loss weight 0.3 each in training"),
      batchNorm: flag(false, "torchvision's variant with batch normalization; its weights need stemStride=2"),
    },
    build: googlenet,
  }),
};
