// ResNet-18 without its residual connections, on a small part of MNIST.
import type { Experiment } from './experiment.ts';
import { bookRun, mnistNote, onMnist, resnetOptions } from './mnist.ts';

export const resnet18Plain: Experiment = {
  title: 'ResNet-18 without residual connections on 1,000 images of MNIST',
  setting: {
    model: 'resnet18',
    ...onMnist,
    option: [...resnetOptions, 'residual=false'],
    optimizer: 'sgd',
    lr: 0.005,
  },
  seeds: 5,
  book: { accuracy: 0.83, loss: 0.5282, ...bookRun },
  note: mnistNote,
};
