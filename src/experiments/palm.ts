// Common settings of the experiments on fundus photographs (PALM).

/** One output, so that the loss is sigmoid cross-entropy. */
export const onPalm = { data: 'palm', classes: 1, batchSize: 10, epochs: 5 } as const;

export const withMomentum = { optimizer: 'momentum', momentum: 0.9, lr: 0.001 } as const;

export const palmNote =
  'All 400 training and 400 validation images. There are no test labels: the result is the best of five evaluations on the ' +
  'validation set, which is optimistic.';
