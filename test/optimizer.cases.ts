// Test cases of the optimizers: one step per learning rate, from a pseudo-random weight with pseudo-random gradients.
import {
  adagrad,
  adam,
  adamw,
  lamb,
  lion,
  momentum,
  nesterov,
  type Optimizer,
  rmsprop,
  sgd,
} from '../src/index.ts';
import type { Shape } from '../src/tensor/shape.ts';

export interface OptimizerCase {
  /** What the case tests. */
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly shape: Shape;
}

export const learningRates = [0.1, 0.1, 0.05, 0.02, 0.3];

export const optimizerCases: readonly OptimizerCase[] = [
  { name: 'plain', optimizer: sgd(), shape: [3, 5] },
  { name: 'weight decay', optimizer: sgd({ weightDecay: 0.1 }), shape: [2, 2, 3] },
  { name: 'one number', optimizer: sgd({ weightDecay: 0.1 }), shape: [] },
  { name: 'plain', optimizer: momentum(), shape: [3, 5] },
  { name: 'weight decay', optimizer: momentum({ momentum: 0.5, weightDecay: 0.1 }), shape: [7] },
  { name: 'weight decay', optimizer: nesterov({ weightDecay: 0.05 }), shape: [2, 3, 3, 1] },
  { name: 'plain', optimizer: adam(), shape: [3, 5] },
  {
    name: 'weight decay, other betas',
    optimizer: adam({ beta1: 0.7, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1 }),
    shape: [7],
  },
  { name: 'weight decay', optimizer: adamw({ weightDecay: 0.05 }), shape: [2, 3, 3, 1] },
  { name: 'plain', optimizer: rmsprop(), shape: [3, 5] },
  {
    name: 'momentum, weight decay',
    optimizer: rmsprop({ alpha: 0.9, epsilon: 1e-3, momentum: 0.9, weightDecay: 0.1 }),
    shape: [2, 3, 3, 1],
  },
  { name: 'plain', optimizer: adagrad(), shape: [3, 5] },
  { name: 'weight decay', optimizer: adagrad({ epsilon: 1e-3, weightDecay: 0.1 }), shape: [7] },
  { name: 'plain', optimizer: lion(), shape: [3, 5] },
  { name: 'weight decay', optimizer: lion({ beta1: 0.8, beta2: 0.9, weightDecay: 0.1 }), shape: [7] },
  { name: 'plain', optimizer: lamb(), shape: [3, 5] },
  {
    name: 'weight decay, other betas',
    optimizer: lamb({ beta1: 0.7, beta2: 0.9, weightDecay: 0.1 }),
    shape: [7],
  },
];
