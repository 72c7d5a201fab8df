// What the experiments on a small part of MNIST have in common.

export const onMnist = {
  data: 'mnist',
  subset: 'train=1000,valid=200,test=200',
  input: [1, 32, 32],
  batchSize: 64,
  epochs: 5,
  evaluateEvery: 15,
} as const;

/** The textbook's network has a bias in its stem, and starting values of its framework. */
export const resnetOptions = ['stemBias=true', 'init=paddle'] as const;

/** One run of the textbook, on as many test images. */
export const bookRun = { count: 200, source: 'one run of the textbook, with Paddle' } as const;

export const mnistNote =
  'The first 1 000 training, 200 validation and 200 test images; the checkpoint with the best validation is tested.';
