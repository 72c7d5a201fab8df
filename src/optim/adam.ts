// Adam and AdamW, as torch.optim.Adam and AdamW:
//   g <- g + weightDecay w (Adam), or w <- w - lr weightDecay w (AdamW)
//   m <- beta1 m + (1 - beta1) g;  s <- beta2 s + (1 - beta2) g^2
//   w <- w - lr m / (1 - beta1^step) / (sqrt(s / (1 - beta2^step)) + epsilon)
// Kingma & Ba, "Adam", ICLR 2015; Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019.
import { add, divide, multiply, pow, sqrt, subtract } from '../expressions/builders.ts';
import {
  defineOptimizer,
  formulaUpdate,
  movingAverage,
  movingSquare,
  penalized,
  weightDecay,
} from './optimizer.ts';

const settings = {
  beta1: { default: 0.9, help: 'EMA decay of the gradient' },
  beta2: { default: 0.999, help: 'EMA decay of the squared gradient' },
  epsilon: { default: 1e-8, help: 'added to the denominator' },
};
const shared = { learningRate: 0.001, slots: () => ['mean', 'square'] };

const update = ({ decoupled }: { readonly decoupled: boolean }) =>
  formulaUpdate<keyof typeof settings | 'weightDecay'>(
    'AdamUpdate',
    (
      { weight, mean, square, gradient, learningRate, step },
      { beta1, beta2, epsilon, weightDecay: decay },
    ) => {
      const g = decoupled ? gradient : penalized(gradient, weight, decay);
      const start = decoupled ? subtract(weight, multiply(multiply(learningRate, decay), weight)) : weight;
      const m = movingAverage(mean, g, beta1);
      const s = movingSquare(square, g, beta2);
      const rate = divide(learningRate, subtract(1, pow(beta1, step)));
      const variance = multiply(s, divide(1, subtract(1, pow(beta2, step))));
      const change = divide(multiply(rate, m), add(sqrt(variance), epsilon));
      return { weight: subtract(start, change), mean: m, square: s };
    },
  );

/**
 * Adam. Kingma & Ba 2015.
 * Settings: `beta1` (default: 0.9), `beta2` (0.999), `epsilon` (1e-8), `weightDecay` (0, an L2 penalty).
 * Default learning rate: 0.001.
 */
export const adam = defineOptimizer({
  ...shared,
  name: 'adam',
  summary: 'Adam',
  settings: { ...settings, weightDecay },
  update: update({ decoupled: false }),
});

/**
 * AdamW: Adam with decoupled weight decay. Loshchilov & Hutter 2019.
 * Settings: `beta1` (default: 0.9), `beta2` (0.999), `epsilon` (1e-8), `weightDecay` (0.01, as in PyTorch).
 * Default learning rate: 0.001.
 */
export const adamw = defineOptimizer({
  ...shared,
  name: 'adamw',
  summary: 'Adam with decoupled weight decay',
  settings: { ...settings, weightDecay: { default: 0.01, help: 'decoupled weight decay' } },
  update: update({ decoupled: true }),
});
