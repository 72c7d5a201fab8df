// Common settings of the experiments on CIFAR-10.

export const onCifar10 = {
  data: 'cifar10',
  input: [3, 32, 32],
  option: ['init=paddle', 'stem=3x3'],
  optimizer: 'momentum',
  momentum: 0.9,
  lr: 0.01,
  weightDecay: 1e-4,
  batchSize: 64,
  epochs: 20,
} as const;

export const cifar10Note =
  '40,000 training, 10,000 validation and 10,000 test images, without augmentation. The stem is a 3x3 convolution without ' +
  'pooling, as is usual for 32x32 pixels. The stem and the 20 epochs are not from the textbook.';

export const cifar10Book = { source: 'setting of the textbook, which reports no result' } as const;
