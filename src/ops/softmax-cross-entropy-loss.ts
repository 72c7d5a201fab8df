// Softmax cross-entropy: the mean negative log-likelihood of the labels.
//   p[n, k] = exp z[n, k] / sum over j of exp z[n, j]
//   loss    = - sum over n, k of t[n, k] log p[n, k] / D
//   t[n, k] = w[k] ((1 - s) q[n, k] + s / K)
// with label smoothing s, class weights w and q = 1 at the label, else 0, or the given soft labels. D is the sum of the
// labels' weights, or N for soft labels: the mean as torch.nn.functional.cross_entropy takes it.
// Smoothing: Szegedy et al., "Rethinking the Inception architecture", 2016, section 7.

import { DataError, UsageError } from '../base/errors.ts';
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import type { DType, Tensor } from '../tensor/tensor.ts';
import { check, checkCount, checkDType, checkRank, checkShape } from './check.ts';

export type SoftmaxCrossEntropyLossAttributes = {
  /** Fraction of the probability that is spread evenly over the classes, in [0, 1] (default: 0). */
  readonly labelSmoothing: number;
};

/**
 * Logits `[N, K]`, labels int32 `[N]` or soft labels float32 `[N, K]`, optional class weights `[K]` ->
 * loss `[]`, probabilities `[N, K]`. Labels, weights and probabilities have no gradient.
 */
export const SoftmaxCrossEntropyLoss: Operator<
  SoftmaxCrossEntropyLossAttributes,
  [logits: 'float32', labels: DType, classWeights?: 'float32'],
  [loss: 'float32', probabilities: 'float32']
> = {
  name: 'SoftmaxCrossEntropyLoss',

  infer(inputs, attributes) {
    checkCount('SoftmaxCrossEntropyLoss', inputs, 2, 3);
    checkOperands('SoftmaxCrossEntropyLoss', 'logits', inputs, attributes);
    return [{ shape: [], dtype: 'float32' }, inputs[0]];
  },

  checkInputs([, labels], [logits]) {
    if (labels?.dtype === 'int32') checkLabels(labels.data, logits.shape[1]);
  },

  compute({ inputs: [logits, labels, weights], outputs: [loss, probabilities], attributes }) {
    const [samples, classes] = logits.shape as [number, number];
    const targets = effectiveTargets(labels, weights, classes, attributes.labelSmoothing);
    let sum = 0;
    for (let n = 0; n < samples; n++) {
      const row = Float64Array.from(logits.data.subarray(n * classes, (n + 1) * classes));
      const logSum = logSumExp(row);
      row.forEach((logit, k) => {
        probabilities.data[n * classes + k] = Math.exp(logit - logSum);
        sum += targets[n * classes + k] * (logSum - logit);
      });
    }
    loss.data[0] = sum / divisor(labels, weights);
  },

  gradient({ inputs: [, labels, weights], outputs: [, probabilities], attributes, outputGradients }) {
    const [dloss, dprobabilities] = outputGradients;
    if (!dloss || dprobabilities) {
      throw new UsageError(
        'the probabilities that SoftmaxCrossEntropyLoss returns have no gradient; use softmax(logits) instead.',
      );
    }
    const { graph } = dloss;
    const operands = [dloss, probabilities, labels] as const;
    return [
      graph.apply(SoftmaxCrossEntropyLossGrad, weights ? [...operands, weights] : operands, attributes),
    ];
  },
};

/**
 * Gradient of `SoftmaxCrossEntropyLoss`: loss gradient `[]`, probabilities, labels, optional class weights ->
 * dz[n, k] = dloss (p[n, k] sum over j of t[n, j] - t[n, k]) / D.
 */
export const SoftmaxCrossEntropyLossGrad: Operator<
  SoftmaxCrossEntropyLossAttributes,
  [dloss: 'float32', probabilities: 'float32', labels: DType, classWeights?: 'float32']
> = {
  name: 'SoftmaxCrossEntropyLossGrad',

  infer(inputs, attributes) {
    checkCount('SoftmaxCrossEntropyLossGrad', inputs, 3, 4);
    const [dloss, ...operands] = inputs;
    checkShape('SoftmaxCrossEntropyLossGrad', 'loss gradient', dloss, []);
    checkOperands('SoftmaxCrossEntropyLossGrad', 'probabilities', operands, attributes);
    return [operands[0]];
  },

  compute({ inputs: [dloss, probabilities, labels, weights], outputs: [dlogits], attributes }) {
    const [samples, classes] = probabilities.shape as [number, number];
    const targets = effectiveTargets(labels, weights, classes, attributes.labelSmoothing);
    const scale = dloss.data[0] / divisor(labels, weights);
    for (let n = 0; n < samples; n++) {
      const row = targets.subarray(n * classes, (n + 1) * classes);
      const total = row.reduce((sum, target) => sum + target, 0);
      row.forEach((target, k) => {
        const i = n * classes + k;
        dlogits.data[i] = scale * (probabilities.data[i] * total - target);
      });
    }
  },

  gradient: null,
};

/**
 * Mean cross-entropy of softmax(`logits`) and `labels` -> `[]`, as torch.nn.functional.cross_entropy.
 * @param logits `[N, K]`
 * @param labels class indices int32 `[N]`, or soft labels float32 `[N, K]`; no gradient
 * @param classWeights optional, `[K]`
 * @param attributes `labelSmoothing` (default: 0). Szegedy et al. 2016, section 7
 * @throws ShapeError if the shapes do not match or the smoothing is not in [0, 1]
 */
export function softmaxCrossEntropyLoss(
  logits: Value,
  labels: Value,
  classWeights?: Value,
  { labelSmoothing = 0 }: Partial<SoftmaxCrossEntropyLossAttributes> = {},
): Value {
  const { graph } = logits;
  const operands = [logits, labels] as const;
  return graph.add(SoftmaxCrossEntropyLoss, classWeights ? [...operands, classWeights] : operands, {
    labelSmoothing,
  })[0];
}

/**
 * Checks that every label is a class index; engines that do not check during the computation call it before a run.
 * @throws DataError for the first label out of range
 */
function checkLabels(labels: ArrayLike<number>, classes: number): void {
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n];
    if (label >= 0 && label < classes) continue;
    throw new DataError(
      `label ${n} of the batch is ${label}, but there are ${classes} classes; labels must be from 0 to ${classes - 1}.`,
    );
  }
}

function checkOperands(
  operator: string,
  first: string,
  [scores, labels, weights]: readonly [ValueType, ValueType, ValueType?],
  { labelSmoothing }: SoftmaxCrossEntropyLossAttributes,
): void {
  checkRank(operator, first, scores, '[N, K]');
  checkDType(operator, first, scores, 'float32');
  const [samples, classes] = scores.shape as [number, number];
  checkShape(operator, 'labels', labels, labels.dtype === 'int32' ? [samples] : [samples, classes]);
  if (weights) checkShape(operator, 'class weights', weights, [classes]);
  check(
    operator,
    labelSmoothing >= 0 && labelSmoothing <= 1,
    () => `got label smoothing ${labelSmoothing}; it must be from 0 to 1.`,
  );
}

/** t[n, k] of the formula. */
function effectiveTargets(
  labels: Tensor,
  weights: Tensor | undefined,
  classes: number,
  smoothing: number,
): Float64Array {
  return oneHot(labels, classes).map(
    (target, i) => (weights?.data[i % classes] ?? 1) * ((1 - smoothing) * target + smoothing / classes),
  );
}

function oneHot(labels: Tensor, classes: number): Float64Array {
  if (labels.dtype === 'float32') return Float64Array.from(labels.data);
  checkLabels(labels.data, classes);
  const result = new Float64Array(labels.data.length * classes);
  labels.data.forEach((label, n) => {
    result[n * classes + label] = 1;
  });
  return result;
}

/** D of the formula. */
function divisor(labels: Tensor, weights: Tensor | undefined): number {
  if (labels.dtype === 'float32' || !weights) return labels.shape[0];
  return labels.data.reduce((sum, label) => sum + weights.data[label], 0);
}

/** log of the sum of the exponentials; the largest is subtracted first to prevent overflow. */
function logSumExp(row: Float64Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}
