// Gradient descent with momentum, as torch.optim.SGD:
//   v <- momentum v + g + weightDecay w;  w <- w - lr v, or with Nesterov's w - lr (g + weightDecay w + momentum v)
// Polyak 1964; Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
import { add, multiply, subtract } from '../expressions/builders.ts';
import { defineOptimizer, formulaUpdate, penalized, weightDecay } from './optimizer.ts';

const shared = {
  learningRate: 0.01,
  settings: { momentum: { default: 0.9, help: 'momentum coefficient' }, weightDecay },
  slots: () => ['velocity'],
};

const update = (nesterov: boolean) =>
  formulaUpdate<'momentum' | 'weightDecay'>(
    'MomentumUpdate',
    ({ weight, velocity, gradient, learningRate }, { momentum: coefficient, weightDecay: decay }) => {
      const g = penalized(gradient, weight, decay);
      const next = add(multiply(coefficient, velocity), g);
      const direction = nesterov ? add(g, multiply(coefficient, next)) : next;
      return { weight: subtract(weight, multiply(learningRate, direction)), velocity: next };
    },
  );

/**
 * Gradient descent with momentum. Polyak 1964.
 * Settings: `momentum` (default: 0.9), `weightDecay` (default: 0, an L2 penalty). Default learning rate: 0.01.
 */
export const momentum = defineOptimizer({
  ...shared,
  name: 'momentum',
  summary: 'gradient descent with momentum',
  update: update(false),
});

/**
 * Gradient descent with Nesterov's momentum. Nesterov 1983; Sutskever et al. 2013.
 * Settings: `momentum` (default: 0.9), `weightDecay` (default: 0, an L2 penalty). Default learning rate: 0.01.
 */
export const nesterov = defineOptimizer({
  ...shared,
  name: 'nesterov',
  summary: "gradient descent with Nesterov's momentum",
  update: update(true),
});
