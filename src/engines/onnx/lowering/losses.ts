// Lowerings of the losses and their gradients; the operators document the formulas.
import type { SigmoidCrossEntropyLossAttributes } from '../../../ops/sigmoid-cross-entropy-loss.ts';
import type { SoftmaxCrossEntropyLossAttributes } from '../../../ops/softmax-cross-entropy-loss.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import { elementTypes } from '../graph.ts';
import { sigmoid } from './elementwise.ts';
import type { Lowering, Operand } from './lowering.ts';

/** loss = - sum of t log p / D */
export const lowerSoftmaxCrossEntropyLoss: Lowering<SoftmaxCrossEntropyLossAttributes> = (request) => {
  const { builder, inputs, attributes } = request;
  const [logits, labels, weights] = inputs as readonly [Operand, Operand, Operand?];
  const logProbabilities = builder.node('LogSoftmax', [logits.name], { axis: 1 });
  const targets = effectiveTargets(builder, logits, labels, weights, attributes);
  const sum = builder.sum(builder.multiply(logProbabilities, targets), [0, 1]);
  const loss = builder.divide(builder.node('Neg', [sum]), divisor(builder, labels, weights));
  return [loss, builder.node('Exp', [logProbabilities])];
};

/** dz = dloss (p sum of t - t) / D */
export const lowerSoftmaxCrossEntropyLossGrad: Lowering<SoftmaxCrossEntropyLossAttributes> = (request) => {
  const { builder, inputs, attributes } = request;
  const [dloss, probabilities, labels, weights] = inputs as readonly [Operand, Operand, Operand, Operand?];
  const targets = effectiveTargets(builder, probabilities, labels, weights, attributes);
  const hard = labels.dtype === 'int32' && !weights;
  const predicted = hard
    ? probabilities.name
    : builder.multiply(probabilities.name, builder.sum(targets, [1], true));
  const scale = builder.divide(dloss.name, divisor(builder, labels, weights));
  return [builder.multiply(builder.subtract(predicted, targets), scale)];
};

/** loss = mean of max(z, 0) - z t + log(1 + exp(-|z|)) */
export const lowerSigmoidCrossEntropyLoss: Lowering<SigmoidCrossEntropyLossAttributes> = (request) => {
  const { builder } = request;
  const [z, t] = request.inputs.map(({ name }) => name) as [string, string];
  const fit = builder.subtract(builder.node('Relu', [z]), builder.multiply(z, t));
  const exponential = builder.node('Exp', [builder.node('Neg', [builder.node('Abs', [z])])]);
  const losses = builder.add(fit, builder.node('Log', [builder.add(exponential, builder.float(1))]));
  const size = sizeOf(request.inputs[0].shape);
  return [builder.divide(builder.sum(builder.reshape(losses, [size]), [0]), builder.float(size))];
};

/** dz = dloss (sigmoid(z) - t) / size */
export const lowerSigmoidCrossEntropyLossGrad: Lowering<SigmoidCrossEntropyLossAttributes> = (request) => {
  const { builder } = request;
  const [dloss, z, t] = request.inputs.map(({ name }) => name) as [string, string, string];
  const scale = builder.divide(dloss, builder.float(sizeOf(request.inputs[1].shape)));
  return [builder.multiply(builder.subtract(sigmoid(builder, z), t), scale)];
};

/** t = w ((1 - s) q + s / K), `[N, K]` */
function effectiveTargets(
  builder: ModelBuilder,
  scores: Operand,
  labels: Operand,
  weights: Operand | undefined,
  { labelSmoothing }: SoftmaxCrossEntropyLossAttributes,
): string {
  const [samples, classes] = scores.shape as [number, number];
  const given = labels.dtype === 'int32' ? oneHot(builder, labels, [samples, classes]) : labels.name;
  const scaled = labelSmoothing === 0 ? given : builder.multiply(given, builder.float(1 - labelSmoothing));
  const smoothed =
    labelSmoothing === 0 ? given : builder.add(scaled, builder.float(labelSmoothing / classes));
  return weights ? builder.multiply(smoothed, weights.name) : smoothed;
}

function oneHot(builder: ModelBuilder, labels: Operand, [samples, classes]: [number, number]): string {
  const all = builder.constant({
    type: 'int32',
    shape: [1, classes],
    data: Int32Array.from({ length: classes }, (_, k) => k),
  });
  const matches = builder.node('Equal', [builder.reshape(labels.name, [samples, 1]), all]);
  return builder.cast(matches, elementTypes.float32);
}

/** D: the sum of the labels' weights, or the number of samples. */
function divisor(builder: ModelBuilder, labels: Operand, weights: Operand | undefined): string {
  if (labels.dtype === 'float32' || !weights) return builder.float(labels.shape[0]);
  const chosen = builder.node('Gather', [weights.name, labels.name], { axis: 0 });
  return builder.sum(chosen, [0]);
}
