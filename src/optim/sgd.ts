// Stochastic gradient descent: w <- w - lr (g + weightDecay w), as torch.optim.SGD. Robbins & Monro 1951.
import { multiply, subtract } from '../expressions/builders.ts';
import { defineOptimizer, formulaUpdate, penalized, weightDecay } from './optimizer.ts';

/**
 * Stochastic gradient descent without momentum. Robbins & Monro 1951.
 * Settings: `weightDecay` (default: 0, an L2 penalty). Default learning rate: 0.01.
 */
export const sgd = defineOptimizer({
  name: 'sgd',
  summary: 'stochastic gradient descent',
  learningRate: 0.01,
  settings: { weightDecay },
  slots: () => [],
  update: formulaUpdate('SgdUpdate', ({ weight, gradient, learningRate }, settings) => ({
    weight: subtract(weight, multiply(learningRate, penalized(gradient, weight, settings.weightDecay))),
  })),
});
