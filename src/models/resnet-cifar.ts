// ResNet for CIFAR-10: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2.
// Names as in the public checkpoints of github.com/akamaster/pytorch_resnet_cifar10, without their prefix `module.`.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { type CommonOptions, entry } from './entry.ts';
import { BasicBlock } from './resnet-blocks.ts';

/** `[N, inChannels, H, W]` -> logits `[N, classes]`; three stages of `blocks` blocks, with parameter-free shortcuts (option A). */
function resnetCifar(blocks: number, { classes, inChannels }: CommonOptions): Module {
  const stage = (width: number, first: { inputs: number; stride: number }) =>
    new Sequential(
      Array.from({ length: blocks }, (_, i) =>
        i === 0 && first.stride > 1
          ? new BasicBlock({ ...first, width, shortcut: 'padding' })
          : new BasicBlock({ inputs: width, width, stride: 1, shortcut: 'identity' }),
      ),
    );
  return new Sequential({
    conv1: new Conv2d(inChannels, 16, 3, { padding: 1, bias: false }),
    bn1: new BatchNorm2d(16),
    relu: new ReLU(),
    layer1: stage(16, { inputs: 16, stride: 1 }),
    layer2: stage(32, { inputs: 16, stride: 2 }),
    layer3: stage(64, { inputs: 32, stride: 2 }),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    linear: new Linear(64, classes),
  });
}

const row = (layers: number) =>
  entry({
    family: 'ResNet',
    description: `Residual network with ${layers} layers and few channels, for 32x32 images`,
    paper: 'He et al. 2016',
    input: [3, 32, 32],
    classes: 10,
    init: 'kaiming',
    options: {},
    build: (options) => resnetCifar((layers - 2) / 6, options),
  });

export const cifarResnets = {
  'resnet20-cifar': row(20),
  'resnet32-cifar': row(32),
  'resnet44-cifar': row(44),
  'resnet56-cifar': row(56),
};
