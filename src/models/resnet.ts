// ResNet: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016.
// Names, and strides, as in torchvision. Options of the textbook: no shortcuts at all, and a stem with a bias.
import type { Value } from '../graph/graph.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '../nn/index.ts';
import { add } from '../ops/add.ts';
import { relu } from '../ops/relu.ts';

export interface ResNetOptions {
  readonly classes: number;
  readonly inChannels: number;
  /** Whether blocks add their input to their output; without, the same layers are stacked plainly. */
  readonly residual: boolean;
  /** Whether the first convolution has a bias. */
  readonly stemBias: boolean;
}

interface BlockOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly residual: boolean;
}

/** Two 3x3 convolutions and a shortcut (section 3.3); the shortcut is a 1x1 convolution where the shape changes. */
class BasicBlock extends Module {
  private readonly conv1: Conv2d;
  private readonly bn1: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly bn2: BatchNorm2d;
  private readonly downsample: Sequential | undefined;
  private readonly residual: boolean;

  constructor({ inputs, outputs, stride, residual }: BlockOptions) {
    super();
    this.conv1 = new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = new Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outputs);
    this.residual = residual;
    const sameShape = stride === 1 && inputs === outputs;
    this.downsample = residual && !sameShape ? projection(inputs, outputs, stride) : undefined;
  }

  forward(x: Value): Value {
    const hidden = relu(this.bn1.call(this.conv1.call(x)));
    const output = this.bn2.call(this.conv2.call(hidden));
    return relu(this.residual ? add(output, this.downsample?.call(x) ?? x) : output);
  }
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
class ResNet extends Module {
  private readonly conv1: Conv2d;
  private readonly bn1 = new BatchNorm2d(64);
  private readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  private readonly layer1: Sequential;
  private readonly layer2: Sequential;
  private readonly layer3: Sequential;
  private readonly layer4: Sequential;
  private readonly avgpool = new AdaptiveAvgPool2d(1);
  private readonly flatten = new Flatten();
  private readonly fc: Linear;

  constructor(blocks: readonly [number, number, number, number], options: ResNetOptions) {
    super();
    const { classes, inChannels, residual, stemBias } = options;
    this.conv1 = new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias: stemBias });
    this.layer1 = stage(blocks[0], { inputs: 64, outputs: 64, stride: 1, residual });
    this.layer2 = stage(blocks[1], { inputs: 64, outputs: 128, stride: 2, residual });
    this.layer3 = stage(blocks[2], { inputs: 128, outputs: 256, stride: 2, residual });
    this.layer4 = stage(blocks[3], { inputs: 256, outputs: 512, stride: 2, residual });
    this.fc = new Linear(512, classes);
  }

  forward(x: Value): Value {
    const stem = this.maxpool.call(relu(this.bn1.call(this.conv1.call(x))));
    const features = [this.layer1, this.layer2, this.layer3, this.layer4].reduce(
      (y, layer) => layer.call(y),
      stem,
    );
    return this.fc.call(this.flatten.call(this.avgpool.call(features)));
  }
}

function projection(inputs: number, outputs: number, stride: number): Sequential {
  return new Sequential([new Conv2d(inputs, outputs, 1, { stride, bias: false }), new BatchNorm2d(outputs)]);
}

/** A stage of blocks; the first one changes channels and size. */
function stage(count: number, first: BlockOptions): Sequential {
  const rest = { ...first, inputs: first.outputs, stride: 1 };
  return new Sequential(Array.from({ length: count }, (_, i) => new BasicBlock(i === 0 ? first : rest)));
}

/** 18 layers: table 1 of the paper. */
export const resnet18 = (options: ResNetOptions) => new ResNet([2, 2, 2, 2], options);
