// DenseNet: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", CVPR 2017.
// Names as in torchvision.
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { concat } from '../ops/concat.ts';
import { type CommonOptions, entry } from './entry.ts';

/** Channels that every layer adds (k of the paper), and those of the bottleneck in front of it. */
const GROWTH = 32;
const BOTTLENECK = 4 * GROWTH;
const STEM = 64;

/** Table 1 of the paper: layers of each dense block. */
const configurations = {
  121: [6, 12, 24, 16],
  169: [6, 12, 32, 32],
  201: [6, 12, 48, 32],
} as const;

/** The input joined with GROWTH new channels, made by a 1x1 and a 3x3 convolution with normalization in front of each. */
class DenseLayer extends Module {
  private readonly norm1: BatchNorm2d;
  private readonly relu1 = new ReLU();
  private readonly conv1: Conv2d;
  private readonly norm2 = new BatchNorm2d(BOTTLENECK);
  private readonly relu2 = new ReLU();
  private readonly conv2 = new Conv2d(BOTTLENECK, GROWTH, 3, { padding: 1, bias: false });

  constructor(inputs: number) {
    super();
    this.norm1 = new BatchNorm2d(inputs);
    this.conv1 = new Conv2d(inputs, BOTTLENECK, 1, { bias: false });
  }

  forward(x: Value): Value {
    const reduced = this.conv1.call(this.relu1.call(this.norm1.call(x)));
    return concat([x, this.conv2.call(this.relu2.call(this.norm2.call(reduced)))]);
  }
}

function denseBlock(inputs: number, layers: number): Sequential {
  const names = Array.from({ length: layers }, (_, i) => `denselayer${i + 1}`);
  return new Sequential(
    Object.fromEntries(names.map((name, i) => [name, new DenseLayer(inputs + i * GROWTH)])),
  );
}

/** Halves the channels and the size of the images between two dense blocks. */
function transition(inputs: number): Sequential {
  return new Sequential({
    norm: new BatchNorm2d(inputs),
    relu: new ReLU(),
    conv: new Conv2d(inputs, inputs / 2, 1, { bias: false }),
    pool: new AvgPool2d(2),
  });
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function densenet(layers: keyof typeof configurations, { classes, inChannels }: CommonOptions): Module {
  const blocks: Record<string, Module> = {};
  let channels = STEM;
  for (const [i, count] of configurations[layers].entries()) {
    if (i > 0) {
      blocks[`transition${i}`] = transition(channels);
      channels /= 2;
    }
    blocks[`denseblock${i + 1}`] = denseBlock(channels, count);
    channels += count * GROWTH;
  }
  return new Sequential({
    features: new Sequential({
      conv0: new Conv2d(inChannels, STEM, 7, { stride: 2, padding: 3, bias: false }),
      norm0: new BatchNorm2d(STEM),
      relu0: new ReLU(),
      pool0: new MaxPool2d(3, { stride: 2, padding: 1 }),
      ...blocks,
      norm5: new BatchNorm2d(channels),
    }),
    relu: new ReLU(),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    classifier: new Linear(channels, classes),
  });
}

const row = (layers: keyof typeof configurations) =>
  entry({
    family: 'DenseNet',
    description: `${layers} layers, each connected to all before it in its block`,
    paper: 'Huang et al. 2017',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-normal',
    options: {},
    build: (options) => densenet(layers, options),
  });

export const densenets = {
  densenet121: row(121),
  densenet169: row(169),
  densenet201: row(201),
};
