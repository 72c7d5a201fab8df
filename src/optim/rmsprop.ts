// RMSprop, as torch.optim.RMSprop:
//   g <- g + weightDecay w;  s <- alpha s + (1 - alpha) g^2;  v <- momentum v + g / (sqrt(s) + epsilon);  w <- w - lr v
// Tieleman & Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
import { add, divide, multiply, sqrt, subtract } from '../expressions/builders.ts';
import { constant } from '../expressions/expression.ts';
import { defineOptimizer, formulaUpdate, movingSquare, penalized, weightDecay } from './optimizer.ts';

/**
 * RMSprop. Tieleman & Hinton 2012.
 * Settings: `alpha` (default: 0.99), `epsilon` (1e-8), `momentum` (0), `weightDecay` (0, an L2 penalty).
 * Default learning rate: 0.01.
 */
export const rmsprop = defineOptimizer({
  name: 'rmsprop',
  summary: 'gradients divided by their root mean square',
  learningRate: 0.01,
  settings: {
    alpha: { default: 0.99, help: 'EMA decay of the squared gradient' },
    epsilon: { default: 1e-8, help: 'added to the denominator' },
    momentum: { default: 0, help: 'momentum coefficient' },
    weightDecay,
  },
  slots: ({ momentum }) => (momentum > 0 ? ['square', 'velocity'] : ['square']),
  update: formulaUpdate('RmspropUpdate', (operands, { alpha, epsilon, momentum, weightDecay: decay }) => {
    const { weight, square, velocity = constant(0), gradient, learningRate } = operands;
    const g = penalized(gradient, weight, decay);
    const s = movingSquare(square, g, alpha);
    const v = add(multiply(momentum, velocity), divide(g, add(sqrt(s), epsilon)));
    const next = subtract(weight, multiply(learningRate, v));
    return { weight: next, square: s, ...(momentum > 0 && { velocity: v }) };
  }),
});
