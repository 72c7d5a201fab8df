// LeNet-5: LeCun et al., "Gradient-based learning applied to document recognition", Proceedings of the IEEE, 1998.
// The textbook's variant: ReLU in place of sigmoids, max pooling first and average pooling second.
import { AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../nn/index.ts';
import { entry } from './entry.ts';

/** Images `[N, inChannels, 32, 32]` -> logits `[N, classes]`. */
function lenet5({ classes, inChannels }: { classes: number; inChannels: number }): Sequential {
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

export const lenets = {
  lenet5: entry({
    family: 'LeNet',
    description: 'LeNet-5 with ReLU, max pooling and average pooling, for 32x32 images',
    paper: 'LeCun et al. 1998',
    input: [1, 32, 32],
    classes: 10,
    init: 'paddle',
    options: {},
    build: lenet5,
  }),
};
