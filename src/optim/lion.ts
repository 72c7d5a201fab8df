// Lion: the direction is the sign of a moving average of gradients; weight decay is decoupled:
//   c = beta1 m + (1 - beta1) g;  w <- w - lr (sign(c) + weightDecay w);  m <- beta2 m + (1 - beta2) g
// Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2.
import { add, multiply, sign, subtract } from '../expressions/builders.ts';
import { defineOptimizer, formulaUpdate, movingAverage } from './optimizer.ts';

/**
 * Lion. Chen et al. 2023.
 * Settings: `beta1` (default: 0.9), `beta2` (0.99), `weightDecay` (0, decoupled). Default learning rate: 0.0001.
 */
export const lion = defineOptimizer({
  name: 'lion',
  summary: 'steps along the sign of a moving average of gradients',
  learningRate: 0.0001,
  settings: {
    beta1: { default: 0.9, help: 'EMA decay of the gradient for the direction' },
    beta2: { default: 0.99, help: 'EMA decay of the gradient' },
    weightDecay: { default: 0, help: 'decoupled weight decay' },
  },
  slots: () => ['mean'],
  update: formulaUpdate('LionUpdate', (operands, { beta1, beta2, weightDecay: decay }) => {
    const { weight, mean, gradient, learningRate } = operands;
    const direction = add(sign(movingAverage(mean, gradient, beta1)), multiply(decay, weight));
    return {
      weight: subtract(weight, multiply(learningRate, direction)),
      mean: movingAverage(mean, gradient, beta2),
    };
  }),
});
