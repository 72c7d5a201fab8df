// Effect of residual connections: ResNet-18 with and without them, seed by seed.
import type { Comparison } from './experiment.ts';

export const residual = {
  title: 'ResNet-18 with and without residual connections on 1,000 images of MNIST',
  first: 'resnet18',
  second: 'resnet18-plain',
  subject: 'the residual connection',
  seeds: 10,
  book: { accuracy: 0.065, source: 'difference of two runs of the textbook, with Paddle' },
  note: 'Learning rates as in the textbook: 0.01 with residual connections, 0.005 without.',
} as const satisfies Comparison;
