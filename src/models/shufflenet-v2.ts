// ShuffleNetV2: Ma, Zhang, Zheng & Sun, "ShuffleNet V2: practical guidelines for efficient CNN architecture design",
// ECCV 2018. Names as in torchvision.
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '../nn/index.ts';
import { relu } from '../ops/activations.ts';
import { concat } from '../ops/concat.ts';
import { reshape } from '../ops/reshape.ts';
import { slice } from '../ops/slice.ts';
import { type CommonOptions, entry } from './entry.ts';

/** Table 5 of the paper: blocks of stages 2 to 4; output channels of the stages and of the last convolution. */
const repeats = [4, 8, 4];
const configurations = {
  '0.5': { stages: [48, 96, 192], last: 1024 },
  '1.0': { stages: [116, 232, 464], last: 1024 },
} as const;
const STEM = 24;

/** A block that keeps the shape: half of the channels pass, half are convolved, and both are interleaved (figure 3c). */
class Unit extends Module {
  private readonly branch2: Sequential;
  private readonly half: number;

  constructor(channels: number) {
    super();
    this.half = channels / 2;
    this.branch2 = convolvedBranch(this.half, this.half, 1);
  }

  forward(x: Value): Value {
    const [images, channels, height, width] = x.shape;
    const kept = slice(x, { ends: [images, this.half, height, width] });
    const convolved = slice(x, { starts: [0, this.half, 0, 0], ends: [images, channels, height, width] });
    return interleave(kept, this.branch2.call(convolved));
  }
}

/** The first block of a stage, with two convolved branches, halves height and width (figure 3d). */
class DownsamplingUnit extends Module {
  private readonly branch1: Sequential;
  private readonly branch2: Sequential;

  constructor(inputs: number, outputs: number) {
    super();
    this.branch1 = new Sequential([...depthwise(inputs, 2), ...pointwise(inputs, outputs / 2)]);
    this.branch2 = convolvedBranch(inputs, outputs / 2, 2);
  }

  forward(x: Value): Value {
    return interleave(this.branch1.call(x), this.branch2.call(x));
  }
}

function convolvedBranch(inputs: number, outputs: number, stride: number): Sequential {
  return new Sequential([
    ...pointwise(inputs, outputs),
    ...depthwise(outputs, stride),
    ...pointwise(outputs, outputs),
  ]);
}

/** Channel shuffle of two concatenated feature maps `[N, C, H, W]`: `[N, 2 C, H, W]` with channels of `a` and `b` in turn. */
function interleave(a: Value, b: Value): Value {
  const [images, channels, height, width] = a.shape;
  const column = (x: Value) => reshape(x, [images, channels, 1, height * width]);
  const pairs = concat([column(a), column(b)], { axis: 2 });
  return reshape(pairs, [images, 2 * channels, height, width]);
}

/** A 1x1 convolution, batch normalization and ReLU. */
function pointwise(inputs: number, outputs: number): Layer[] {
  return [new Conv2d(inputs, outputs, 1, { bias: false }), new BatchNorm2d(outputs), relu];
}

/** A depthwise 3x3 convolution and batch normalization. */
function depthwise(channels: number, stride: number): Layer[] {
  return [
    new Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false }),
    new BatchNorm2d(channels),
  ];
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function shufflenetV2(width: keyof typeof configurations, { classes, inChannels }: CommonOptions): Module {
  const { stages, last } = configurations[width];
  const stage = (index: number) => {
    const outputs = stages[index];
    const units = Array.from({ length: repeats[index] - 1 }, () => new Unit(outputs));
    return new Sequential([new DownsamplingUnit(index === 0 ? STEM : stages[index - 1], outputs), ...units]);
  };
  return new Sequential({
    conv1: new Sequential([
      new Conv2d(inChannels, STEM, 3, { stride: 2, padding: 1, bias: false }),
      new BatchNorm2d(STEM),
      relu,
    ]),
    maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    stage2: stage(0),
    stage3: stage(1),
    stage4: stage(2),
    conv5: new Sequential(pointwise(stages[2], last)),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    fc: new Linear(last, classes),
  });
}

const row = (width: keyof typeof configurations) =>
  entry({
    family: 'ShuffleNet',
    description: `Half of the channels convolved, then shuffled; ${width} times the channels`,
    paper: 'Ma et al. 2018',
    input: [3, 224, 224],
    classes: 1000,
    init: 'pytorch',
    options: {},
    build: (options) => shufflenetV2(width, options),
  });

export const shufflenetsV2 = {
  'shufflenet-v2-x0.5': row('0.5'),
  'shufflenet-v2-x1.0': row('1.0'),
};
