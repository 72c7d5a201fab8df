// LeNet-5: LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the IEEE, 1998.
// Two textbook variants: one with ReLU, max pooling and then average pooling; one with sigmoids and max pooling.
import { AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Sigmoid } from '../nn/index.ts';
import { type CommonOptions, entry } from './entry.ts';

/** Images `[N, inChannels, 32, 32]` -> logits `[N, classes]`. */
function lenet5({ classes, inChannels }: CommonOptions): Sequential {
  return new Sequential({
    conv1: new Conv2d(inChannels, 6, 5),
    relu1: new ReLU(),
    pool1: new MaxPool2d(2),
    conv2: new Conv2d(6, 16, 5),
    relu2: new ReLU(),
    pool2: new AvgPool2d(2),
    conv3: new Conv2d(16, 120, 5),
    relu3: new ReLU(),
    flatten: new Flatten(),
    fc1: new Linear(120, 84),
    relu4: new ReLU(),
    fc2: new Linear(84, classes),
  });
}

/** Images `[N, inChannels, 28, 28]` -> logits `[N, classes]` */
function lenetSigmoid({ classes, inChannels }: CommonOptions): Sequential {
  return new Sequential({
    conv1: new Conv2d(inChannels, 6, 5),
    sigmoid1: new Sigmoid(),
    pool1: new MaxPool2d(2),
    sigmoid2: new Sigmoid(),
    conv2: new Conv2d(6, 16, 5),
    pool2: new MaxPool2d(2),
    conv3: new Conv2d(16, 120, 4),
    flatten: new Flatten(),
    fc1: new Linear(120, 64),
    sigmoid3: new Sigmoid(),
    fc2: new Linear(64, classes),
  });
}

const row = {
  family: 'LeNet',
  paper: 'LeCun et al. 1998',
  classes: 10,
  init: 'paddle',
  options: {},
} as const;

export const lenets = {
  lenet5: entry({
    ...row,
    description: 'LeNet-5 with ReLU, max pooling and average pooling, for 32x32 images',
    input: [1, 32, 32],
    build: lenet5,
  }),
  'lenet-sigmoid': entry({
    ...row,
    description: 'LeNet with sigmoids and max pooling, for 28x28 images',
    input: [1, 28, 28],
    build: lenetSigmoid,
  }),
};
