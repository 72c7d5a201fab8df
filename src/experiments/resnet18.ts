// ResNet-18 on a small part of MNIST.
import type { Experiment } from './experiment.ts';
import { bookRun, mnistNote, onMnist, resnetOptions } from './mnist.ts';

export const resnet18: Experiment = {
  title: 'ResNet-18 on 1,000 images of MNIST',
  setting: { model: 'resnet18', ...onMnist, option: resnetOptions, optimizer: 'sgd', lr: 0.01 },
  seeds: 5,
  book: { accuracy: 0.895, loss: 0.4043, ...bookRun },
  note: mnistNote,
};
