// Batch normalization: normalizes each channel to mean 0 and variance 1, then scales and shifts it.
//   y = scale (x - mean) / sqrt(variance + epsilon) + bias
// Training uses the statistics of the batch and updates running averages of them; inference uses the running averages.
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
  /** Added to the variance to avoid division by zero (default: 1e-5). */
  readonly epsilon: number;
};
export type BatchNormalizationTrainingAttributes = BatchNormalizationAttributes & {
  /** Weight of the batch statistics in the running averages, as in PyTorch (default: 0.1); ONNX has 1 - momentum. */
  readonly momentum: number;
};
export type BatchNormalizationGradAttributes = Record<never, never>;

/** Normalized images `[N, C, H, W]` and the next running statistics `[C]`. */
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
    forEachElement(x.shape, (offset, c) => {
      const normal = (x.data[offset] - mean.data[c]) / Math.sqrt(variance.data[c] + epsilon);
      y.data[offset] = scale.data[c] * normal + bias.data[c];
    });
  },

  /** With frozen statistics the operator is linear in its input, so the gradient is the same operator. */
  gradient({ inputs, attributes, outputGradients: [dy], needsGradient }) {
    const [x, scale, , mean, variance] = inputs as readonly [Value, Value, Value, Value, Value];
    const { graph } = x;
    const none = () => graph.constant(zeros(scale.shape));
    const one = () => graph.constant(floatTensor(scale.shape, ones(scale.shape[0])));
    const normalize = (value: Value, factor: Value, center: Value) =>
      graph.apply(BatchNormalization, [value, factor, none(), center, variance], attributes);
    return [
      needsGradient[0] ? normalize(dy, scale, none()) : undefined,
      needsGradient[1] ? sumOfChannels(mul(dy, normalize(x, one(), mean))) : undefined,
      needsGradient[2] ? sumOfChannels(dy) : undefined,
    ];
  },

  cost: (_inputs, [y]) => normalizationCost(y.shape),
};

/**
 * Training. Images `[N, C, H, W]`; scale, bias, running mean and running variance `[C]` -> normalized images, next
 * running mean, next running variance (an average of unbiased variances), the batch mean and the batch's
 * inverse standard deviation 1 / sqrt(biased variance + epsilon).
 */
export const BatchNormalizationTraining: Operator<
  BatchNormalizationTrainingAttributes,
  [x: 'float32', scale: 'float32', bias: 'float32', runningMean: 'float32', runningVariance: 'float32'],
  [
    y: 'float32',
    nextRunningMean: 'float32',
    nextRunningVariance: 'float32',
    mean: 'float32',
    inverseStd: 'float32',
  ]
> = {
  name: 'BatchNormalizationTraining',

  infer(inputs, { epsilon, momentum }) {
    const name = 'BatchNormalizationTraining';
    checkNormalization(name, inputs, ['scale', 'bias', 'running mean', 'running variance']);
    checkEpsilon(name, epsilon);
    check(
      name,
      momentum >= 0 && momentum <= 1,
      () => `has momentum ${momentum}; expected a number from 0 to 1.`,
    );
    const { shape } = inputs[0];
    check(
      name,
      valuesPerChannel(shape) > 1,
      () =>
        `got input ${formatShape(shape)}, with one value per channel, which has no variance; use larger batches or ` +
        'images (the last batch of an epoch can be dropped if it has one image).',
    );
    const statistic = floatType([shape[1]]);
    return [inputs[0], statistic, statistic, statistic, statistic];
  },

  compute({ inputs, outputs, attributes: { epsilon, momentum } }) {
    const [x, scale, bias, runningMean, runningVariance] = inputs as readonly Tensor[];
    const [y, nextRunningMean, nextRunningVariance, mean, inverseStd] = outputs;
    const count = valuesPerChannel(x.shape);
    const means = channelSums(x.shape, (offset) => x.data[offset] / count);
    const variances = channelSums(x.shape, (offset, c) => (x.data[offset] - means[c]) ** 2 / count);
    const inverses = variances.map((variance) => 1 / Math.sqrt(variance + epsilon));
    forEachElement(x.shape, (offset, c) => {
      y.data[offset] = scale.data[c] * (x.data[offset] - means[c]) * inverses[c] + bias.data[c];
    });
    const average = (running: number, batch: number) => (1 - momentum) * running + momentum * batch;
    means.forEach((batchMean, c) => {
      const unbiased = (variances[c] * count) / (count - 1);
      nextRunningMean.data[c] = average(runningMean.data[c], batchMean);
      nextRunningVariance.data[c] = average(runningVariance.data[c], unbiased);
    });
    mean.data.set(means);
    inverseStd.data.set(inverses);
  },

  gradient({ inputs: [x, scale], outputs, outputGradients }) {
    const [dy, ...statisticsGradients] = outputGradients;
    if (!dy || statisticsGradients.some((gradient) => gradient)) {
      throw new UsageError(
        'the loss depends on the statistics that BatchNormalizationTraining returns, which have no gradient; ' +
          'use the normalized output only.',
      );
    }
    const [mean, inverseStd] = outputs.slice(3);
    return dy.graph.add(BatchNormalizationGrad, [dy, x, scale, mean, inverseStd], {});
  },

  cost: (_inputs, [y]) => normalizationCost(y.shape),
};

/**
 * Gradient of `BatchNormalizationTraining`. Output gradient and input `[N, C, H, W]`; scale, mean and inverse
 * standard deviation `[C]` -> gradients of input, scale and bias. With z the normalized input and M values per channel:
 *   dscale = sum dy z,  dbias = sum dy,  dx = scale inverseStd (dy - dbias / M - z dscale / M)
 */
export const BatchNormalizationGrad: Operator<
  BatchNormalizationGradAttributes,
  [dy: 'float32', x: 'float32', scale: 'float32', mean: 'float32', inverseStd: 'float32'],
  [dx: 'float32', dscale: 'float32', dbias: 'float32']
> = {
  name: 'BatchNormalizationGrad',

  infer(inputs) {
    const name = 'BatchNormalizationGrad';
    checkFloats(name, inputs, 5);
    const [dy, x, ...vectors] = inputs;
    checkNormalization(name, [x, ...vectors], ['scale', 'mean', 'inverse standard deviation']);
    checkShape(name, 'output gradient', dy, x.shape);
    return [x, vectors[0], vectors[0]];
  },

  compute({ inputs: [dy, x, scale, mean, inverseStd], outputs: [dx, dscale, dbias] }) {
    const count = valuesPerChannel(x.shape);
    const normal = (offset: number, c: number) => (x.data[offset] - mean.data[c]) * inverseStd.data[c];
    const scaleGradient = channelSums(x.shape, (offset, c) => dy.data[offset] * normal(offset, c));
    const biasGradient = channelSums(x.shape, (offset) => dy.data[offset]);
    forEachElement(x.shape, (offset, c) => {
      const centered =
        dy.data[offset] - biasGradient[c] / count - (normal(offset, c) * scaleGradient[c]) / count;
      dx.data[offset] = scale.data[c] * inverseStd.data[c] * centered;
    });
    dscale.data.set(scaleGradient);
    dbias.data.set(biasGradient);
  },

  gradient: null,
};

/**
 * Batch normalization for inference: normalizes `x` `[N, C, H, W]` with the given statistics. Ioffe & Szegedy 2015.
 * @param operands scale, bias, mean and variance, each `[C]`
 * @param attributes `epsilon` (default: 1e-5)
 * @throws ShapeError if an operand does not have shape `[C]` or epsilon is not positive
 */
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

/**
 * Batch normalization for training: normalizes `x` `[N, C, H, W]` with the statistics of the batch.
 * Ioffe & Szegedy 2015.
 * @param operands scale, bias, running mean and running variance, each `[C]`
 * @param attributes `epsilon` (default: 1e-5), `momentum` (default: 0.1)
 * @returns the normalized images and the next running statistics
 * @throws ShapeError if an operand does not have shape `[C]`, or each channel has one value only
 */
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
  return { y, nextRunningMean, nextRunningVariance };
}

function checkNormalization(operator: string, inputs: readonly ValueType[], names: readonly string[]): void {
  checkFloats(operator, inputs, 1 + names.length);
  const [x, ...vectors] = inputs;
  checkRank(operator, 'input', x, '[N, C, H, W]');
  vectors.forEach((vector, i) => {
    checkShape(operator, names[i], vector, [x.shape[1]]);
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

function valuesPerChannel(shape: Shape): number {
  return shape[0] * shape[2] * shape[3];
}

/** Calls `visit` with the offset of each element of `[N, C, H, W]` and its channel. */
function forEachElement(shape: Shape, visit: (offset: number, channel: number) => void): void {
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  let offset = 0;
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < height * width; i++) visit(offset++, c);
    }
  }
}

/** The sum of `term` over the elements of each channel. */
function channelSums(shape: Shape, term: (offset: number, channel: number) => number): Float64Array {
  const sums = new Float64Array(shape[1]);
  forEachElement(shape, (offset, c) => {
    sums[c] += term(offset, c);
  });
  return sums;
}
