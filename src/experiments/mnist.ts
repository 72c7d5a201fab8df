// Common settings of the experiments on a small part of MNIST.

export const onMnist = {
  data: 'mnist',
  subset: 'train=1000,valid=200,test=200',
  input: [1, 32, 32],
  batchSize: 64,
  epochs: 5,
  evaluateEvery: 15,
} as const;

/** As in the textbook: a bias in the stem, and Paddle's initialization. */
export const resnetOptions = ['stemBias=true', 'init=paddle'] as const;

/** The textbook's result: one run, evaluated on 200 test images. */
export const bookRun = { count: 200, source: 'one run of the textbook, with Paddle' } as const;

export const mnistNote =
  'The first 1,000 training, 200 validation and 200 test images. The checkpoint with the best validation accuracy is tested.';
