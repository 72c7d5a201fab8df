// One step of gradient descent with momentum m, as torch.optim.SGD:
//   v <- m v + g + wd w;  w <- w - lr v, or with Nesterov's w - lr (g + wd w + m v)
// Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats, checkShape } from './check.ts';

export type MomentumUpdateAttributes = {
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
};

/** Weight, velocity (0 before the first step), gradient, all of one shape; learning rate `[]` -> next weight and velocity. */
export const MomentumUpdate: Operator<MomentumUpdateAttributes> = {
  name: 'MomentumUpdate',

  infer(inputs) {
    checkFloats('MomentumUpdate', inputs, 4);
    const [weight, velocity, gradient, learningRate] = inputs;
    checkShape('MomentumUpdate', 'velocity', velocity, weight.shape);
    checkShape('MomentumUpdate', 'gradient', gradient, weight.shape);
    checkShape('MomentumUpdate', 'learning rate', learningRate, []);
    return [weight, velocity];
  },

  compute({ inputs, outputs: [nextWeight, nextVelocity], attributes }) {
    const [weight, velocity, gradient, learningRate] = inputs;
    const { momentum, nesterov, weightDecay } = attributes;
    const rate = learningRate.data[0];
    for (let i = 0; i < weight.data.length; i++) {
      const w = weight.data[i];
      const g = gradient.data[i] + weightDecay * w;
      const v = momentum * velocity.data[i] + g;
      nextVelocity.data[i] = v;
      nextWeight.data[i] = w - rate * (nesterov ? g + momentum * v : v);
    }
  },

  gradient: null,
};

/** Weight and velocity after one step. */
export function momentumUpdate(
  {
    weight,
    velocity,
    gradient,
    learningRate,
  }: Record<'weight' | 'velocity' | 'gradient' | 'learningRate', Value>,
  attributes: MomentumUpdateAttributes,
): { weight: Value; velocity: Value } {
  const inputs = [weight, velocity, gradient, learningRate];
  const [nextWeight, nextVelocity] = weight.graph.add(MomentumUpdate, inputs, attributes);
  return { weight: nextWeight, velocity: nextVelocity };
}
