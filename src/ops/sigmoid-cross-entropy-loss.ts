// Sigmoid cross-entropy: the loss of binary classification, each logit z with its own target t from 0 to 1.
//   loss = mean of - t log sigmoid(z) - (1 - t) log(1 - sigmoid(z)) = mean of max(z, 0) - z t + log(1 + exp(-|z|))
// The second form does not overflow. As torch.nn.functional.binary_cross_entropy_with_logits.

import { functions } from '../expressions/functions.ts';
import type { Operator, Value } from '../graph/graph.ts';
import { checkFloats, checkShape } from './check.ts';

export type SigmoidCrossEntropyLossAttributes = Record<never, never>;

/** Logits of any shape, targets of the same -> loss `[]`. The targets have no gradient. */
export const SigmoidCrossEntropyLoss: Operator<
  SigmoidCrossEntropyLossAttributes,
  [logits: 'float32', targets: 'float32'],
  [loss: 'float32']
> = {
  name: 'SigmoidCrossEntropyLoss',

  infer(inputs) {
    checkFloats('SigmoidCrossEntropyLoss', inputs, 2);
    checkShape('SigmoidCrossEntropyLoss', 'targets', inputs[1], inputs[0].shape);
    return [{ shape: [], dtype: 'float32' }];
  },

  compute({ inputs: [logits, targets], outputs: [loss] }) {
    let sum = 0;
    for (let i = 0; i < logits.data.length; i++) {
      const z = logits.data[i];
      sum += Math.max(z, 0) - z * targets.data[i] + Math.log1p(Math.exp(-Math.abs(z)));
    }
    loss.data[0] = sum / logits.data.length;
  },

  gradient({ inputs: [logits, targets], outputGradients: [dloss] }) {
    return [dloss.graph.apply(SigmoidCrossEntropyLossGrad, [dloss, logits, targets], {})];
  },
};

/** Gradient of `SigmoidCrossEntropyLoss`: loss gradient `[]`, logits, targets -> dloss (sigmoid(z) - t) / size. */
export const SigmoidCrossEntropyLossGrad: Operator<
  SigmoidCrossEntropyLossAttributes,
  [dloss: 'float32', logits: 'float32', targets: 'float32']
> = {
  name: 'SigmoidCrossEntropyLossGrad',

  infer(inputs) {
    checkFloats('SigmoidCrossEntropyLossGrad', inputs, 3);
    checkShape('SigmoidCrossEntropyLossGrad', 'loss gradient', inputs[0], []);
    checkShape('SigmoidCrossEntropyLossGrad', 'targets', inputs[2], inputs[1].shape);
    return [inputs[1]];
  },

  compute({ inputs: [dloss, logits, targets], outputs: [dlogits] }) {
    const scale = dloss.data[0] / logits.data.length;
    for (let i = 0; i < dlogits.data.length; i++) {
      dlogits.data[i] = scale * (functions.logistic.evaluate(logits.data[i]) - targets.data[i]);
    }
  },

  gradient: null,
};

/**
 * Mean binary cross-entropy of sigmoid(`logits`) and `targets` -> `[]`, as
 * torch.nn.functional.binary_cross_entropy_with_logits.
 * @param logits any shape
 * @param targets the same shape, values from 0 to 1; no gradient
 * @throws ShapeError if the shapes differ
 */
export function sigmoidCrossEntropyLoss(logits: Value, targets: Value): Value {
  return logits.graph.apply(SigmoidCrossEntropyLoss, [logits, targets], {});
}
