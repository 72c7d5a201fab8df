// MobileNetV3: Howard et al., "Searching for MobileNetV3", ICCV 2019. Names as in torchvision.
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
} from '../nn/index.ts';
import { hardSigmoid, hardSwish, relu } from '../ops/activations.ts';
import { add } from '../ops/arithmetic.ts';
import { divisibleBy8 } from './divisible.ts';
import { type CommonOptions, dropoutOption, entry } from './entry.ts';
import { SqueezeExcite } from './squeeze-excite.ts';

/** The nonlinearities of tables 1 and 2 of the paper. */
const nonlinearities = { RE: relu, HS: hardSwish };

type Nonlinearity = keyof typeof nonlinearities;

/** A row "bneck" of the tables. */
type Bneck = readonly [
  kernel: number,
  expansion: number,
  outputs: number,
  squeezeExcite: 'SE' | '-',
  nonlinearity: Nonlinearity,
  stride: 1 | 2,
];

interface Configuration {
  readonly bnecks: readonly Bneck[];
  /** Channels of the last convolution, and of the hidden layer of the classifier. */
  readonly tail: readonly [features: number, hidden: number];
}

/** Table 1 of the paper. */
const large: Configuration = {
  bnecks: [
    [3, 16, 16, '-', 'RE', 1],
    [3, 64, 24, '-', 'RE', 2],
    [3, 72, 24, '-', 'RE', 1],
    [5, 72, 40, 'SE', 'RE', 2],
    [5, 120, 40, 'SE', 'RE', 1],
    [5, 120, 40, 'SE', 'RE', 1],
    [3, 240, 80, '-', 'HS', 2],
    [3, 200, 80, '-', 'HS', 1],
    [3, 184, 80, '-', 'HS', 1],
    [3, 184, 80, '-', 'HS', 1],
    [3, 480, 112, 'SE', 'HS', 1],
    [3, 672, 112, 'SE', 'HS', 1],
    [5, 672, 160, 'SE', 'HS', 2],
    [5, 960, 160, 'SE', 'HS', 1],
    [5, 960, 160, 'SE', 'HS', 1],
  ],
  tail: [960, 1280],
};

/** Table 2 of the paper. */
const small: Configuration = {
  bnecks: [
    [3, 16, 16, 'SE', 'RE', 2],
    [3, 72, 24, '-', 'RE', 2],
    [3, 88, 24, '-', 'RE', 1],
    [5, 96, 40, 'SE', 'HS', 2],
    [5, 240, 40, 'SE', 'HS', 1],
    [5, 240, 40, 'SE', 'HS', 1],
    [5, 120, 48, 'SE', 'HS', 1],
    [5, 144, 48, 'SE', 'HS', 1],
    [5, 288, 96, 'SE', 'HS', 2],
    [5, 576, 96, 'SE', 'HS', 1],
    [5, 576, 96, 'SE', 'HS', 1],
  ],
  tail: [576, 1024],
};

/** Channels of the first convolution. */
const STEM = 16;

/** 1x1 expansion, depthwise convolution, squeeze-and-excitation, 1x1 projection without activation (figure 4). */
class InvertedResidual extends Module {
  private readonly block: Sequential;
  private readonly residual: boolean;

  constructor(inputs: number, [kernel, hidden, outputs, squeezeExcite, nonlinearity, stride]: Bneck) {
    super();
    const activation = nonlinearities[nonlinearity];
    const gate = { activation: relu, gate: hardSigmoid };
    this.residual = stride === 1 && inputs === outputs;
    this.block = new Sequential([
      ...(hidden === inputs ? [] : [convolution(inputs, hidden, 1, activation)]),
      convolution(hidden, hidden, kernel, activation, { stride, groups: hidden }),
      ...(squeezeExcite === 'SE' ? [new SqueezeExcite(hidden, divisibleBy8(hidden / 4), gate)] : []),
      convolution(hidden, outputs, 1),
    ]);
  }

  forward(x: Value): Value {
    const y = this.block.call(x);
    return this.residual ? add(x, y) : y;
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
    new BatchNorm2d(outputs, { epsilon: 1e-3, momentum: 0.01 }),
    ...(activation ? [activation] : []),
  ]);
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function mobilenetV3(
  { bnecks, tail: [features, hidden] }: Configuration,
  { classes, inChannels, dropout }: CommonOptions & { readonly dropout: number },
): Module {
  const channels = [STEM, ...bnecks.map(([, , outputs]) => outputs)];
  return new Sequential({
    features: new Sequential([
      convolution(inChannels, STEM, 3, hardSwish, { stride: 2 }),
      ...bnecks.map((bneck, i) => new InvertedResidual(channels[i], bneck)),
      convolution(channels[bnecks.length], features, 1, hardSwish),
    ]),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    classifier: new Sequential([
      new Linear(features, hidden),
      hardSwish,
      new Dropout(dropout),
      new Linear(hidden, classes),
    ]),
  });
}

const row = (size: string, configuration: Configuration) =>
  entry({
    family: 'MobileNet',
    description: `Inverted residuals with squeeze-and-excitation and hard swish, ${size}`,
    paper: 'Howard et al. 2019',
    input: [3, 224, 224],
    classes: 1000,
    init: 'kaiming-normal',
    options: { dropout: dropoutOption(0.2) },
    build: (options) => mobilenetV3(configuration, options),
  });

export const mobilenetsV3 = {
  'mobilenet-v3-small': row('small', small),
  'mobilenet-v3-large': row('large', large),
};
