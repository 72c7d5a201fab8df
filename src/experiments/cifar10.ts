// What the experiments on CIFAR-10 have in common.

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
  '40 000 training, 10 000 validation and 10 000 test images, not augmented. The stem is one 3x3 ' +
  'convolution without a pool, as is usual for 32x32 pixels; it and the length of 20 epochs are ours.';

export const cifar10Book = { source: "the setting is the textbook's, which has no figure" } as const;
