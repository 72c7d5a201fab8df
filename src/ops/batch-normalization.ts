// Batch normalisation: each channel brought to mean 0 and variance 1, then scaled and shifted.
//   y = scale (x - mean) / sqrt(variance + epsilon) + bias
// In training mean and variance are the batch's own, and running averages of them are kept for inference.
// Ioffe & Szegedy, "Batch normalization", ICML 2015.

import { UsageError } from '../base/errors.ts';
import type { Operator, Value } from '../graph/graph.ts';
import type { ValueType } from '../graph/types.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { floatTensor, type Tensor, zeros } from '../tensor/tensor.ts';
import { mul } from './arithmetic.ts';
import { check, checkFloats, checkRank, checkShape, floatType } from './check.ts';
import { reduceSum } from './reduce-sum.ts';

export type BatchNormalizationAttributes = {
  /** Added to the variance, so that a constant channel does not divide by zero. */
  readonly epsilon: number;
};
export type BatchNormalizationTrainingAttributes = BatchNormalizationAttributes & {
  /** Weight of the batch's statistics in the running ones (PyTorch's convention; ONNX's is 1 - momentum). */
  readonly momentum: number;
};
export type BatchNormalizationGradAttributes = Record<never, never>;

export interface BatchNormalizationTrainingOutputs {
  readonly y: Value;
  readonly nextRunningMean: Value;
  readonly nextRunningVariance: Value;
}

const defaultEpsilon = 1e-5;
const defaultMomentum = 0.1;

/** Inference. Images `[N, C, H, W]`; scale, bias, mean and variance `[C]` -> `[N, C, H, W]`. */
export const BatchNormalization: Operator<
  BatchNormalizationAttributes,
  [x: 'float32', scale: 'float32', bias: 'float32', mean: 'float32', variance: 'float32']
> = {
  name: 'BatchNormalization',

  infer(inputs, { epsilon }) {
    checkNormalization('BatchNormalization', inputs, ['scale', 'bias', 'mean', 'variance']);
    checkEpsilon('BatchNormalization', epsilon);
    return [inputs[0]];
  },

  compute({ inputs: [x, scale, bias, mean, variance], outputs: [y], attributes: { epsilon } }) {
    forEachElement(x.shape, (at, c) => {
      const normal = (x.data[at] - mean.data[c]) / Math.sqrt(variance.data[c] + epsilon);
      y.data[at] = scale.data[c] * normal + bias.data[c];
    });
  },

  /** With frozen statistics the operator is linear in the input, so it is its own gradient. */
  gradient({ inputs, attributes, outputGradients: [dy], needsGradient }) {
    const [x, scale, , mean, variance] = inputs as readonly [Value, Value, Value, Value, Value];
    const { graph } = x;
    const none = () => graph.constant(zeros(scale.shape));
    const one = () => graph.constant(floatTensor(scale.shape, ones(scale.shape[0])));
    const normalize = (of: Value, by: Value, center: Value) =>
      graph.apply(BatchNormalization, [of, by, none(), center, variance], attributes);
    return [
      needsGradient[0] ? normalize(dy, scale, none()) : undefined,
      needsGradient[1] ? sumOfChannels(mul(dy, normalize(x, one(), mean))) : undefined,
      needsGradient[2] ? sumOfChannels(dy) : undefined,
    ];
  },

  cost: (_inputs, [y]) => normalizationCost(y.shape),
};

/**
 * Training. Images `[N, C, H, W]`; scale, bias, running mean and running variance `[C]` -> normalised images, next
 * running mean, next running variance (which averages unbiased variances), and of the batch the mean and
 * 1 / sqrt(biased variance + epsilon).
 */
export const BatchNormalizationTraining: Operator<
  BatchNormalizationTrainingAttributes,
  [x: 'float32', scale: 'float32', bias: 'float32', runningMean: 'float32', runningVariance: 'float32'],
  [
    y: 'float32',
    nextRunningMean: 'float32',
    nextRunningVariance: 'float32',
    mean: 'float32',
    inverseDeviation: 'float32',
  ]
> = {
  name: 'BatchNormalizationTraining',

  infer(inputs, { epsilon, momentum }) {
    const name = 'BatchNormalizationTraining';
    checkNormalization(name, inputs, ['scale', 'bias', 'running mean', 'running variance']);
    checkEpsilon(name, epsilon);
    check(name, momentum >= 0 && momentum <= 1, () => `has momentum ${momentum}; choose it from 0 to 1.`);
    const { shape } = inputs[0];
    check(
      name,
      perChannel(shape) > 1,
      () =>
        `got input ${formatShape(shape)}, with one value per channel, which has no variance; train with larger batches ` +
        'or images (a last batch of one image can be dropped).',
    );
    const statistic = floatType([shape[1]]);
    return [inputs[0], statistic, statistic, statistic, statistic];
  },

  compute({ inputs, outputs, attributes: { epsilon, momentum } }) {
    const [x, scale, bias, runningMean, runningVariance] = inputs as readonly Tensor[];
    const [y, nextRunningMean, nextRunningVariance, mean, inverseDeviation] = outputs;
    const count = perChannel(x.shape);
    const means = channelSums(x.shape, (at) => x.data[at] / count);
    const variances = channelSums(x.shape, (at, c) => (x.data[at] - means[c]) ** 2 / count);
    const inverses = variances.map((variance) => 1 / Math.sqrt(variance + epsilon));
    forEachElement(x.shape, (at, c) => {
      y.data[at] = scale.data[c] * (x.data[at] - means[c]) * inverses[c] + bias.data[c];
    });
    const average = (running: number, batch: number) => (1 - momentum) * running + momentum * batch;
    means.forEach((batchMean, c) => {
      const unbiased = (variances[c] * count) / (count - 1);
      nextRunningMean.data[c] = average(runningMean.data[c], batchMean);
      nextRunningVariance.data[c] = average(runningVariance.data[c], unbiased);
    });
    mean.data.set(means);
    inverseDeviation.data.set(inverses);
  },

  gradient({ inputs: [x, scale], outputs, outputGradients }) {
    const [dy, ...ofStatistics] = outputGradients;
    if (!dy || ofStatistics.some((gradient) => gradient)) {
      throw new UsageError(
        'the loss depends on the statistics that BatchNormalizationTraining gives out, which have no gradient; ' +
          'let it depend on the normalised output only.',
      );
    }
    const [mean, inverseDeviation] = outputs.slice(3);
    return dy.graph.add(BatchNormalizationGrad, [dy, x, scale, mean, inverseDeviation], {});
  },

  cost: (_inputs, [y]) => normalizationCost(y.shape),
};

/**
 * Gradient of `BatchNormalizationTraining`. Output gradient and input `[N, C, H, W]`; scale, mean and inverse deviation
 * `[C]` -> gradients of input, scale and bias. With z the normalised input and M values per channel:
 *   dscale = sum dy z,  dbias = sum dy,  dx = scale inverseDeviation (dy - dbias / M - z dscale / M)
 */
export const BatchNormalizationGrad: Operator<
  BatchNormalizationGradAttributes,
  [dy: 'float32', x: 'float32', scale: 'float32', mean: 'float32', inverseDeviation: 'float32'],
  [dx: 'float32', dscale: 'float32', dbias: 'float32']
> = {
  name: 'BatchNormalizationGrad',

  infer(inputs) {
    const name = 'BatchNormalizationGrad';
    checkFloats(name, inputs, 5);
    const [dy, x, ...ofChannels] = inputs;
    checkNormalization(name, [x, ...ofChannels], ['scale', 'mean', 'inverse deviation']);
    checkShape(name, 'output gradient', dy, x.shape);
    return [x, ofChannels[0], ofChannels[0]];
  },

  compute({ inputs: [dy, x, scale, mean, inverseDeviation], outputs: [dx, dscale, dbias] }) {
    const count = perChannel(x.shape);
    const normal = (at: number, c: number) => (x.data[at] - mean.data[c]) * inverseDeviation.data[c];
    const ofScale = channelSums(x.shape, (at, c) => dy.data[at] * normal(at, c));
    const ofBias = channelSums(x.shape, (at) => dy.data[at]);
    forEachElement(x.shape, (at, c) => {
      const centered = dy.data[at] - ofBias[c] / count - (normal(at, c) * ofScale[c]) / count;
      dx.data[at] = scale.data[c] * inverseDeviation.data[c] * centered;
    });
    dscale.data.set(ofScale);
    dbias.data.set(ofBias);
  },

  gradient: null,
};

/** Normalisation of `x` `[N, C, H, W]` by given statistics `[C]`. */
export function batchNormalization(
  x: Value,
  [scale, bias, mean, variance]: readonly [Value, Value, Value, Value],
  attributes: Partial<BatchNormalizationAttributes> = {},
): Value {
  return x.graph.apply(BatchNormalization, [x, scale, bias, mean, variance], {
    epsilon: defaultEpsilon,
    ...attributes,
  });
}

/** Normalisation of `x` `[N, C, H, W]` by its own statistics, and the running statistics `[C]` that follow. */
export function batchNormalizationTraining(
  x: Value,
  [scale, bias, runningMean, runningVariance]: readonly [Value, Value, Value, Value],
  attributes: Partial<BatchNormalizationTrainingAttributes> = {},
): BatchNormalizationTrainingOutputs {
  const [y, nextRunningMean, nextRunningVariance] = x.graph.add(
    BatchNormalizationTraining,
    [x, scale, bias, runningMean, runningVariance],
    { epsilon: defaultEpsilon, momentum: defaultMomentum, ...attributes },
  );
  return { y: y, nextRunningMean: nextRunningMean, nextRunningVariance: nextRunningVariance };
}

function checkNormalization(
  operator: string,
  inputs: readonly ValueType[],
  ofChannels: readonly string[],
): void {
  checkFloats(operator, inputs, 1 + ofChannels.length);
  const [x, ...vectors] = inputs;
  checkRank(operator, 'input', x, '[N, C, H, W]');
  vectors.forEach((vector, i) => {
    checkShape(operator, ofChannels[i], vector, [x.shape[1]]);
  });
}

function checkEpsilon(operator: string, epsilon: number): void {
  check(
    operator,
    epsilon > 0,
    () => `has epsilon ${epsilon}; it must be positive, usually ${defaultEpsilon}.`,
  );
}

function normalizationCost(shape: Shape): { normOps: number; paddleFlops: number } {
  return { normOps: 2 * sizeOf(shape), paddleFlops: 2 * sizeOf(shape) };
}

function sumOfChannels(x: Value): Value {
  return reduceSum(x, { axes: [0, 2, 3], keepDims: false });
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}

function perChannel(shape: Shape): number {
  return shape[0] * shape[2] * shape[3];
}

/** Calls `visit` with each flat place of `[N, C, H, W]` and its channel. */
function forEachElement(shape: Shape, visit: (at: number, channel: number) => void): void {
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < height * width; i++) visit(at++, c);
    }
  }
}

/** The sum of `term` over the elements of each channel. */
function channelSums(shape: Shape, term: (at: number, channel: number) => number): Float64Array {
  const sums = new Float64Array(shape[1]);
  forEachElement(shape, (at, c) => {
    sums[c] += term(at, c);
  });
  return sums;
}
