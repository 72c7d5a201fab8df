// The blocks of residual networks: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016.
// Fields are named as in torchvision.
import type { Value } from '../graph/graph.ts';
import { BatchNorm2d, Conv2d, Module, Sequential } from '../nn/index.ts';
import { relu } from '../ops/activations.ts';
import { add } from '../ops/arithmetic.ts';
import { pad } from '../ops/pad.ts';
import { slice } from '../ops/slice.ts';

/**
 * What a block adds to its output: nothing; its input; its input after a 1x1 convolution and batch normalization (the paper's
 * option B); or its input subsampled and padded with channels of zeros (option A).
 */
export type Shortcut = 'none' | 'identity' | 'projection' | 'padding';

/** The convolution of a bottleneck that carries the block's stride. */
export type StrideIn = '3x3' | '1x1';

export interface BlockOptions {
  /** Input channels. */
  readonly inputs: number;
  /** Channels of the 3x3 convolutions (of a bottleneck with default groups). Outputs are `expansion * width` channels. */
  readonly width: number;
  readonly stride: number;
  readonly shortcut: Shortcut;
}

/** Two 3x3 convolutions and a shortcut (figure 5, left). */
export class BasicBlock extends Module {
  static readonly expansion = 1;
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly downsample: Module | undefined;
  private readonly shortcut: Shortcut;

  constructor({ inputs, width, stride, shortcut }: BlockOptions) {
    super();
    this.conv1 = new Conv2d(inputs, width, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.shortcut = shortcut;
    this.downsample = createDownsample({ inputs, outputs: width, stride, shortcut });
  }

  forward(x: Value): Value {
    const hidden = relu(this.bn1.call(this.conv1.call(x)));
    const output = this.bn2.call(this.conv2.call(hidden));
    return relu(this.shortcut === 'none' ? output : add(output, this.downsample?.call(x) ?? x));
  }
}

export interface BottleneckOptions extends BlockOptions {
  readonly strideIn?: StrideIn;
  /** Whether convolutions have a bias; defaults to false. */
  readonly bias?: boolean;
  /** Groups of the 3x3 convolution: the cardinality of a ResNeXt; defaults to 1. */
  readonly groups?: number;
  /** Channels of each group in the first stage; defaults to 64. */
  readonly groupWidth?: number;
}

/** 1x1, 3x3 and 1x1 convolutions, the last to `4 * width` channels, and a shortcut (figure 5, right). */
export class Bottleneck extends Module {
  static readonly expansion = 4;
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly conv3: Conv2d;
  private readonly bn3: BatchNorm2d;
  private readonly downsample: Module | undefined;
  private readonly shortcut: Shortcut;

  constructor({
    inputs,
    width,
    stride,
    shortcut,
    strideIn = '3x3',
    bias = false,
    groups = 1,
    groupWidth = 64,
  }: BottleneckOptions) {
    super();
    const inner = groups * groupWidth * (width / 64);
    const outputs = width * Bottleneck.expansion;
    const [stride1, stride2] = strideIn === '1x1' ? [stride, 1] : [1, stride];
    this.conv1 = new Conv2d(inputs, inner, 1, { stride: stride1, bias });
    this.bn1 = new BatchNorm2d(inner);
    this.conv2 = new Conv2d(inner, inner, 3, { stride: stride2, padding: 1, groups, bias });
    this.bn2 = new BatchNorm2d(inner);
    this.conv3 = new Conv2d(inner, outputs, 1, { bias });
    this.bn3 = new BatchNorm2d(outputs);
    this.shortcut = shortcut;
    this.downsample = createDownsample({ inputs, outputs, stride, shortcut, bias });
  }

  forward(x: Value): Value {
    const narrow = relu(this.bn1.call(this.conv1.call(x)));
    const hidden = relu(this.bn2.call(this.conv2.call(narrow)));
    const output = this.bn3.call(this.conv3.call(hidden));
    return relu(this.shortcut === 'none' ? output : add(output, this.downsample?.call(x) ?? x));
  }
}

interface DownsampleOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly shortcut: Shortcut;
  readonly bias?: boolean;
}

/** The layers of the shortcut; undefined if it has none. */
function createDownsample({
  inputs,
  outputs,
  stride,
  shortcut,
  bias = false,
}: DownsampleOptions): Module | undefined {
  if (shortcut === 'padding') return new SubsampleAndPad(stride, outputs - inputs);
  if (shortcut !== 'projection') return undefined;
  return new Sequential([new Conv2d(inputs, outputs, 1, { stride, bias }), new BatchNorm2d(outputs)]);
}

/** `[N, C, H, W]` -> `[N, C + channels, H / stride, W / stride]`: subsampled, between channels of zeros. */
class SubsampleAndPad extends Module {
  private readonly stride: number;
  private readonly channels: number;

  constructor(stride: number, channels: number) {
    super();
    this.stride = stride;
    this.channels = channels;
  }

  forward(x: Value): Value {
    const padStart = Math.floor(this.channels / 2);
    const padEnd = this.channels - padStart;
    const pixels = slice(x, { steps: [1, 1, this.stride, this.stride] });
    return pad(pixels, { pads: [0, padStart, 0, 0, 0, padEnd, 0, 0] });
  }
}
