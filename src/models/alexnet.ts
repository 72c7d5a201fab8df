// AlexNet: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012.
// The textbook's variant has the paper's channels in a single tower. torchvision's is Krizhevsky's "One weird trick for
// parallelizing convolutional neural networks", arXiv:1404.5997, with torchvision's names.
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { type CommonOptions, dropoutOption, entry } from './entry.ts';

interface AlexNetOptions extends CommonOptions {
  readonly dropout: number;
}

/** Images `[N, inChannels, 224, 224]` -> logits `[N, classes]` */
function alexnet({ classes, inChannels, dropout }: AlexNetOptions): Module {
  return new Sequential({
    conv1: new Conv2d(inChannels, 96, 11, { stride: 4, padding: 5 }),
    relu1: new ReLU(),
    pool1: new MaxPool2d(2),
    conv2: new Conv2d(96, 256, 5, { padding: 2 }),
    relu2: new ReLU(),
    pool2: new MaxPool2d(2),
    conv3: new Conv2d(256, 384, 3, { padding: 1 }),
    relu3: new ReLU(),
    conv4: new Conv2d(384, 384, 3, { padding: 1 }),
    relu4: new ReLU(),
    conv5: new Conv2d(384, 256, 3, { padding: 1 }),
    relu5: new ReLU(),
    pool5: new MaxPool2d(2),
    flatten: new Flatten(),
    fc1: new Linear(256 * 7 * 7, 4096),
    relu6: new ReLU(),
    drop1: new Dropout(dropout),
    fc2: new Linear(4096, 4096),
    relu7: new ReLU(),
    drop2: new Dropout(dropout),
    fc3: new Linear(4096, classes),
  });
}

/** `[N, inChannels, H, W]` -> logits `[N, classes]`; overlapping pooling, images of at least 63x63. */
function alexnetTorchvision({ classes, inChannels, dropout }: AlexNetOptions): Module {
  return new Sequential({
    features: new Sequential([
      new Conv2d(inChannels, 64, 11, { stride: 4, padding: 2 }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
      new Conv2d(64, 192, 5, { padding: 2 }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
      new Conv2d(192, 384, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(384, 256, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(256, 256, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(3, { stride: 2 }),
    ]),
    avgpool: new AdaptiveAvgPool2d(6),
    flatten: new Flatten(),
    classifier: new Sequential([
      new Dropout(dropout),
      new Linear(256 * 6 * 6, 4096),
      new ReLU(),
      new Dropout(dropout),
      new Linear(4096, 4096),
      new ReLU(),
      new Linear(4096, classes),
    ]),
  });
}

const row = {
  family: 'AlexNet',
  paper: 'Krizhevsky et al. 2012',
  input: [3, 224, 224],
  classes: 1000,
  options: { dropout: dropoutOption(0.5) },
} as const;

export const alexnets = {
  alexnet: entry({
    ...row,
    description: 'Five convolutions and three fully connected layers, with non-overlapping pooling',
    init: 'paddle',
    build: alexnet,
  }),
  'alexnet-torchvision': entry({
    ...row,
    description: "torchvision's AlexNet: fewer channels and overlapping pooling",
    init: 'pytorch',
    build: alexnetTorchvision,
  }),
};
