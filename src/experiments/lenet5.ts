// LeNet-5 on a small part of MNIST.
import type { Experiment } from './experiment.ts';
import { bookRun, mnistNote, onMnist } from './mnist.ts';

export const lenet5: Experiment = {
  title: 'LeNet-5 on 1,000 images of MNIST',
  setting: { model: 'lenet5', ...onMnist, optimizer: 'sgd', lr: 0.1 },
  seeds: 10,
  book: { accuracy: 0.86, loss: 0.4435, ...bookRun },
  note: mnistNote,
};
