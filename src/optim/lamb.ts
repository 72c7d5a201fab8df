// LAMB: the direction of Adam, scaled for each parameter tensor in proportion to its norm:
//   r = m / (1 - beta1^step) / (sqrt(s / (1 - beta2^step)) + epsilon) + weightDecay w;  w <- w - lr |w| / |r| r
// The ratio of norms is 1 where either is 0.
// You et al., "Large batch optimization for deep learning", ICLR 2020, algorithm 2.
import { add, divide, greater, multiply, pow, sqrt, subtract, where } from '../expressions/builders.ts';
import type { Value } from '../graph/graph.ts';
import { mul, sqrt as squareRoot } from '../ops/arithmetic.ts';
import { elementwise } from '../ops/elementwise.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { defineOptimizer, formulaUpdate, movingAverage, movingSquare } from './optimizer.ts';

type Setting = 'beta1' | 'beta2' | 'epsilon' | 'weightDecay';

/** The direction r, returned as `weight`, and the next averages. */
const direction = formulaUpdate<Setting>(
  'LambDirection',
  (operands, { beta1, beta2, epsilon, weightDecay }) => {
    const { weight, mean, square, gradient, step } = operands;
    const m = movingAverage(mean, gradient, beta1);
    const s = movingSquare(square, gradient, beta2);
    const variance = multiply(s, divide(1, subtract(1, pow(beta2, step))));
    const unscaled = multiply(m, divide(1, subtract(1, pow(beta1, step))));
    const r = add(divide(unscaled, add(sqrt(variance), epsilon)), multiply(weightDecay, weight));
    return { weight: r, mean: m, square: s };
  },
);

const LambUpdate = elementwise({
  name: 'LambUpdate',
  operands: ['weight', 'direction', 'learningRate', 'weightNorm', 'directionNorm'],
  formula: ({ weight, direction: r, learningRate, weightNorm, directionNorm }) => {
    const ratio = divide(weightNorm, directionNorm);
    const trust = where(greater(weightNorm, 0), where(greater(directionNorm, 0), ratio, 1), 1);
    return subtract(weight, multiply(multiply(learningRate, trust), r));
  },
});

/**
 * LAMB. You et al. 2020.
 * Settings: `beta1` (default: 0.9), `beta2` (0.999), `epsilon` (1e-6), `weightDecay` (0.01).
 * Default learning rate: 0.001.
 */
export const lamb = defineOptimizer<Setting>({
  name: 'lamb',
  summary: 'Adam with steps in proportion to the norm of each parameter',
  learningRate: 0.001,
  settings: {
    beta1: { default: 0.9, help: 'EMA decay of the gradient' },
    beta2: { default: 0.999, help: 'EMA decay of the squared gradient' },
    epsilon: { default: 1e-6, help: 'added to the denominator' },
    weightDecay: { default: 0.01, help: 'weight decay, added to the direction' },
  },
  slots: () => ['mean', 'square'],
  update(inputs, settings) {
    const { weight, learningRate } = inputs;
    const { weight: r, slots } = direction(inputs, settings);
    const operands = [weight, r, learningRate, norm(weight), norm(r)] as const;
    return { weight: weight.graph.apply(LambUpdate, operands, {}), slots };
  },
});

/** Euclidean norm, `[]`. */
function norm(x: Value): Value {
  return squareRoot(reduceSum(mul(x, x)));
}
