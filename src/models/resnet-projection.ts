// A textbook's ResNet-50: He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016. It has biases in
// every convolution, a stem without normalization and ReLU, and more projection shortcuts than changes of shape require.
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  Sequential,
} from '../nn/index.ts';
import { type CommonOptions, entry } from './entry.ts';
import { Bottleneck } from './resnet-blocks.ts';

/** `[N, inChannels, H, W]` -> logits `[N, classes]` */
function resnet50Projection({ classes, inChannels }: CommonOptions): Module {
  return new Sequential({
    conv1: new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3 }),
    maxpool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    layer1: stage('P I I', { inputs: 64, width: 64, stride: 1 }),
    layer2: stage('P I I P', { inputs: 256, width: 128, stride: 2 }),
    layer3: stage('P I I P P P', { inputs: 512, width: 256, stride: 2 }),
    layer4: stage('P P P', { inputs: 1024, width: 512, stride: 2 }),
    avgpool: new AdaptiveAvgPool2d(1),
    flatten: new Flatten(),
    fc: new Linear(2048, classes),
  });
}

/** Blocks with projection (P) or identity (I) shortcuts. */
function stage(shortcuts: string, first: { inputs: number; width: number; stride: number }): Sequential {
  const rest = { ...first, inputs: first.width * Bottleneck.expansion, stride: 1 };
  const blocks = shortcuts.split(' ').map((letter, i) => {
    const shortcut = letter === 'P' ? 'projection' : 'identity';
    return new Bottleneck({ ...(i === 0 ? first : rest), shortcut, bias: true });
  });
  return new Sequential(blocks);
}

export const projectionResnets = {
  'resnet50-projection': entry({
    family: 'ResNet',
    description: 'ResNet-50 with biases, a plain stem, and projections in most shortcuts',
    paper: 'He et al. 2016',
    input: [3, 224, 224],
    classes: 10,
    init: 'paddle',
    options: {},
    build: resnet50Projection,
  }),
};
