// One step of gradient descent: w <- w - lr (g + wd w), with learning rate lr and weight decay wd. As torch.optim.SGD.
import type { Value } from '../graph/graph.ts';
import type { Operator } from '../graph/operator.ts';
import { checkFloats, checkShape } from './check.ts';

export type SgdUpdateAttributes = { readonly weightDecay: number };

/** Weight, gradient of its shape, learning rate `[]` -> next weight. */
export const SgdUpdate: Operator<SgdUpdateAttributes> = {
  name: 'SgdUpdate',

  infer(inputs) {
    checkFloats('SgdUpdate', inputs, 3);
    const [weight, gradient, learningRate] = inputs;
    checkShape('SgdUpdate', 'gradient', gradient, weight.shape);
    checkShape('SgdUpdate', 'learning rate', learningRate, []);
    return [weight];
  },

  compute({ inputs: [weight, gradient, learningRate], outputs: [next], attributes: { weightDecay } }) {
    const rate = learningRate.data[0];
    for (let i = 0; i < next.data.length; i++) {
      const w = weight.data[i];
      next.data[i] = w - rate * (gradient.data[i] + weightDecay * w);
    }
  },

  gradient: null,
};

/** The weight after one step down the gradient. */
export function sgdUpdate(
  { weight, gradient, learningRate }: Record<'weight' | 'gradient' | 'learningRate', Value>,
  attributes: SgdUpdateAttributes,
): Value {
  return weight.graph.apply(SgdUpdate, [weight, gradient, learningRate], attributes);
}
