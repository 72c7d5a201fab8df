// What the experiments on photographs of the back of the eye have in common.

/** One output, so that the loss is sigmoid cross-entropy. */
export const onPalm = { data: 'palm', classes: 1, batchSize: 10, epochs: 5 } as const;

export const withMomentum = { optimizer: 'momentum', momentum: 0.9, lr: 0.001 } as const;

export const palmNote =
  'All 400 training and 400 validation images. There are no test labels: the accuracy is that of the best validation of ' +
  'five, as flattering as that is.';
