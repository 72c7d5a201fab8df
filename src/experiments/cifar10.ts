// What the experiments on CIFAR-10 have in common.

export const onCifar10 = {
  data: 'cifar10',
  input: [3, 32, 32],
  option: ['init=paddle'],
  optimizer: 'momentum',
  momentum: 0.9,
  lr: 0.01,
  weightDecay: 1e-4,
  batchSize: 64,
  epochs: 20,
} as const;

export const cifar10Note =
  '40 000 training, 10 000 validation and 10 000 test images, not augmented. The network is that for 224x224, stem of ' +
  'stride 2 and pooling included, so that 32x32 pixels come to 1x1 in the last stage. The length of 20 epochs is ours.';

export const cifar10Book = { source: "the setting is the textbook's, which has no figure" } as const;
