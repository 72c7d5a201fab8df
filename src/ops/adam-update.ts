// One step of Adam, or of AdamW where the weight decay is decoupled, as torch.optim.Adam and AdamW:
//   g <- g + wd w (Adam), or w <- w - lr wd w (AdamW)
//   m <- b1 m + (1 - b1) g;  s <- b2 s + (1 - b2) g^2
//   w <- w - lr m / (1 - b1^step) / (sqrt(s / (1 - b2^step)) + epsilon)
// Kingma & Ba, "Adam", ICLR 2015; Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats, checkShape } from './check.ts';

export type AdamUpdateAttributes = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Whether the decay acts on the weight itself (AdamW) instead of the gradient. */
  readonly decoupled: boolean;
};

/**
 * Weight, running mean and mean square of the gradient (0 before the first step), gradient, all of one shape; learning rate
 * `[]`, step float32 `[]`, which counts from 1 -> next weight, mean and mean square.
 */
export const AdamUpdate: Operator<AdamUpdateAttributes> = {
  name: 'AdamUpdate',

  infer(inputs) {
    checkFloats('AdamUpdate', inputs, 6);
    const [weight, mean, square, gradient, learningRate, step] = inputs;
    checkShape('AdamUpdate', 'mean', mean, weight.shape);
    checkShape('AdamUpdate', 'mean square', square, weight.shape);
    checkShape('AdamUpdate', 'gradient', gradient, weight.shape);
    checkShape('AdamUpdate', 'learning rate', learningRate, []);
    checkShape('AdamUpdate', 'step', step, []);
    return [weight, mean, square];
  },

  compute({ inputs, outputs: [nextWeight, nextMean, nextSquare], attributes }) {
    const [weight, mean, square, gradient, learningRate, step] = inputs;
    const { beta1, beta2, epsilon, weightDecay, decoupled } = attributes;
    const rate = learningRate.data[0];
    const meanScale = 1 / (1 - beta1 ** step.data[0]);
    const squareScale = 1 / (1 - beta2 ** step.data[0]);
    for (let i = 0; i < weight.data.length; i++) {
      const w = weight.data[i];
      const g = gradient.data[i] + (decoupled ? 0 : weightDecay * w);
      const m = beta1 * mean.data[i] + (1 - beta1) * g;
      const s = beta2 * square.data[i] + (1 - beta2) * g * g;
      const decayed = decoupled ? w - rate * weightDecay * w : w;
      nextMean.data[i] = m;
      nextSquare.data[i] = s;
      nextWeight.data[i] = decayed - (rate * m * meanScale) / (Math.sqrt(s * squareScale) + epsilon);
    }
  },

  gradient: null,
};

/** Weight, mean and mean square after one step. */
export function adamUpdate(
  {
    weight,
    mean,
    square,
    gradient,
    learningRate,
    step,
  }: Record<'weight' | 'mean' | 'square' | 'gradient' | 'learningRate' | 'step', Value>,
  attributes: AdamUpdateAttributes,
): { weight: Value; mean: Value; square: Value } {
  const inputs = [weight, mean, square, gradient, learningRate, step];
  const [nextWeight, nextMean, nextSquare] = weight.graph.add(AdamUpdate, inputs, attributes);
  return { weight: nextWeight, mean: nextMean, square: nextSquare };
}
