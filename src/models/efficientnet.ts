// EfficientNet: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019.
// Names as in torchvision.
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
  Sequential,
  StochasticDepth,
} from '../nn/index.ts';
import { sigmoid, silu } from '../ops/activations.ts';
import { add } from '../ops/arithmetic.ts';
import { divisibleBy8 } from './divisible.ts';
import { type CommonOptions, dropoutOption, entry, type Option } from './entry.ts';
import { SqueezeExcite } from './squeeze-excite.ts';

/** Table 1 of the paper, the network B0: expansion, kernel, stride of the first block, output channels, blocks. */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/** Channels of the first convolution of B0. */
const STEM = 32;

/** Compound scaling (section 3.3), in the authors' code: factors of channels and blocks, image size, and dropout. */
const scales = {
  b0: { width: 1, depth: 1, size: 224, dropout: 0.2 },
  b1: { width: 1, depth: 1.1, size: 240, dropout: 0.2 },
  b2: { width: 1.1, depth: 1.2, size: 260, dropout: 0.3 },
  b3: { width: 1.2, depth: 1.4, size: 300, dropout: 0.3 },
} as const;

interface EfficientNetOptions extends CommonOptions {
  readonly dropout: number;
  readonly stochasticDepth: number;
}

interface BlockOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
}

/** The blocks of a scaled network, one list a stage. */
function scaledStages({
  width,
  depth,
}: {
  readonly width: number;
  readonly depth: number;
}): BlockOptions[][] {
  let inputs = divisibleBy8(STEM * width);
  return stages.map(([expansion, kernel, firstStride, channels, blocks]) => {
    const outputs = divisibleBy8(channels * width);
    return Array.from({ length: Math.ceil(blocks * depth) }, (_, i) => {
      const block = { inputs, outputs, expansion, kernel, stride: i === 0 ? firstStride : 1 };
      inputs = outputs;
      return block;
    });
  });
}

/**
 * MBConv: 1x1 expansion, depthwise convolution, squeeze-and-excitation, 1x1 projection without activation, and a shortcut if
 * shapes allow it. Training skips all but the shortcut with probability `skip`.
 */
class MBConv extends Module {
  private readonly block: Sequential;
  private readonly depth: StochasticDepth;
  private readonly residual: boolean;

  constructor({ inputs, outputs, expansion, kernel, stride }: BlockOptions, skip: number) {
    super();
    const hidden = inputs * expansion;
    this.residual = stride === 1 && inputs === outputs;
    this.depth = new StochasticDepth(skip);
    this.block = new Sequential([
      ...(expansion > 1 ? [convolution(inputs, hidden, 1, silu)] : []),
      convolution(hidden, hidden, kernel, silu, { stride, groups: hidden }),
      new SqueezeExcite(hidden, Math.floor(inputs / 4), { activation: silu, gate: sigmoid }),
      convolution(hidden, outputs, 1),
    ]);
  }

  forward(x: Value): Value {
    const y = this.block.call(x);
    return this.residual ? add(x, this.depth.call(y)) : y;
  }
}

/** A convolution without bias that keeps the size, batch normalization, and the activation if one is given. */
function convolution(
  inputs: number,
  outputs: number,
  kernel: number,
  activation?: (x: Value) => Value,
  options: Conv2dOptions = {},
): Sequential {
  return new Sequential([
    new Conv2d(inputs, outputs, kernel, { padding: (kernel - 1) / 2, ...options, bias: false }),
    new BatchNorm2d(outputs),
    ...(activation ? [activation] : []),
  ]);
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function efficientnet(
  scale: keyof typeof scales,
  { classes, inChannels, dropout, stochasticDepth }: EfficientNetOptions,
): Module {
  const blocks = scaledStages(scales[scale]);
  const all = blocks.flat();
  const channels = all[all.length - 1].outputs;
  const skip = (block: BlockOptions) => (stochasticDepth * all.indexOf(block)) / all.length;
  return new Sequential({
    features: new Sequential([
      convolution(inChannels, all[0].inputs, 3, silu, { stride: 2 }),
      ...blocks.map((stage) => new Sequential(stage.map((block) => new MBConv(block, skip(block))))),
      convolution(channels, 4 * channels, 1, silu),
    ]),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    classifier: new Sequential([new Dropout(dropout), new Linear(4 * channels, classes)]),
  });
}

const stochasticDepth: Option<number> = {
  default: 0.2,
  description:
    'probability to skip the last block in training, from 0 to below 1; it grows from 0 with the depth',
};

const row = (scale: keyof typeof scales) => {
  const { size, dropout } = scales[scale];
  return entry({
    family: 'EfficientNet',
    description: `Inverted residuals with squeeze-and-excitation, scaled for ${size}x${size} images`,
    paper: 'Tan & Le 2019',
    input: [3, size, size],
    classes: 1000,
    init: 'efficientnet',
    options: { dropout: dropoutOption(dropout), stochasticDepth },
    build: (options) => efficientnet(scale, options),
  });
};

export const efficientnets = {
  'efficientnet-b0': row('b0'),
  'efficientnet-b1': row('b1'),
  'efficientnet-b2': row('b2'),
  'efficientnet-b3': row('b3'),
};
