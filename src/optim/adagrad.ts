// Adagrad, as torch.optim.Adagrad: g <- g + weightDecay w;  s <- s + g^2;  w <- w - lr g / (sqrt(s) + epsilon)
// Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011.
import { add, divide, multiply, sqrt, subtract } from '../expressions/builders.ts';
import { defineOptimizer, formulaUpdate, penalized, weightDecay } from './optimizer.ts';

/**
 * Adagrad. Duchi, Hazan & Singer 2011.
 * Settings: `epsilon` (default: 1e-10), `weightDecay` (0, an L2 penalty). Default learning rate: 0.01.
 */
export const adagrad = defineOptimizer({
  name: 'adagrad',
  summary: 'gradients divided by the root of the sum of their squares',
  learningRate: 0.01,
  settings: { epsilon: { default: 1e-10, help: 'added to the denominator' }, weightDecay },
  slots: () => ['square'],
  update: formulaUpdate('AdagradUpdate', (operands, { epsilon, weightDecay: decay }) => {
    const { weight, square, gradient, learningRate } = operands;
    const g = penalized(gradient, weight, decay);
    const s = add(square, multiply(g, g));
    const change = divide(multiply(learningRate, g), add(sqrt(s), epsilon));
    return { weight: subtract(weight, change), square: s };
  }),
});
