// Does the residual connection help? The two networks of 18 layers, seed by seed.
import type { Comparison } from './experiment.ts';

export const residual = {
  title: 'ResNet-18 with and without residual connections on 1 000 images of MNIST',
  first: 'resnet18',
  second: 'resnet18-plain',
  subject: 'the residual connection',
  seeds: 10,
  book: { accuracy: 0.065, source: 'the difference of two runs of the textbook, with Paddle' },
  note: 'Each network has the learning rate the textbook gives it, .01 with residual connections and .005 without.',
} as const satisfies Comparison;
