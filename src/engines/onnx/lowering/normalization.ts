// Lowerings of batch normalization; the operator documents the formulas.
import type {
  BatchNormalizationAttributes,
  BatchNormalizationGradAttributes,
  BatchNormalizationTrainingAttributes,
} from '../../../ops/batch-normalization.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import { float32Tensor } from '../graph.ts';
import type { Lowering } from './lowering.ts';

export const lowerBatchNormalization: Lowering<BatchNormalizationAttributes> = (request) => [
  request.builder.node(
    'BatchNormalization',
    request.inputs.map(({ name }) => name),
    { epsilon: { float: request.attributes.epsilon } },
  ),
];

/** The variance is the mean of squared centered values: E[x^2] - E[x]^2 would lose precision. */
export const lowerBatchNormalizationTraining: Lowering<BatchNormalizationTrainingAttributes> = (request) => {
  const { builder } = request;
  const { epsilon, momentum } = request.attributes;
  const { shape } = request.inputs[0];
  const [x, scale, bias, runningMean, runningVariance] = request.inputs.map(({ name }) => name) as Five;
  const mean = channelMeans(builder, x, shape);
  const centered = center(builder, x, mean, shape);
  const variance = channelMeans(builder, builder.multiply(centered, centered), shape);
  const std = builder.node('Sqrt', [builder.add(variance, builder.float(epsilon))]);
  const normalized = builder.node('BatchNormalization', [x, scale, bias, mean, variance], {
    epsilon: { float: epsilon },
  });
  const average = (running: string, batch: string, weight: number) =>
    builder.add(
      builder.multiply(running, builder.float(1 - momentum)),
      builder.multiply(batch, builder.float(weight)),
    );
  const count = valuesPerChannel(shape);
  return [
    normalized,
    average(runningMean, mean, momentum),
    average(runningVariance, variance, (momentum * count) / (count - 1)),
    mean,
    builder.node('Reciprocal', [std]),
  ];
};

/**
 * With x' = x - mean, M values per channel and a = scale inverseStd:
 *   dscale = inverseStd sum dy x',  dbias = sum dy,  dx = a dy + b x' + c
 *   b = - a inverseStd dscale / M,  c = - a dbias / M
 */
export const lowerBatchNormalizationGrad: Lowering<BatchNormalizationGradAttributes> = (request) => {
  const { builder } = request;
  const { shape } = request.inputs[0];
  const [dy, x, scale, mean, inverseStd] = request.inputs.map(({ name }) => name) as Five;
  const count = builder.float(valuesPerChannel(shape));
  const centered = center(builder, x, mean, shape);
  const meanProduct = channelMeans(builder, builder.multiply(dy, centered), shape);
  const meanGradient = channelMeans(builder, dy, shape);
  const a = builder.multiply(scale, inverseStd);
  const meanScaled = builder.multiply(inverseStd, meanProduct);
  const b = builder.node('Neg', [builder.multiply(a, builder.multiply(inverseStd, meanScaled))]);
  const c = builder.node('Neg', [builder.multiply(a, meanGradient)]);
  const dx = builder.add(
    builder.multiply(dy, perChannel(builder, a, shape)),
    scaleAndShift(builder, centered, b, c, shape),
  );
  return [dx, builder.multiply(meanScaled, count), builder.multiply(meanGradient, count)];
};

type Five = [string, string, string, string, string];

/** x factor + shift for each channel, written as a normalization with mean 0 and variance 1, which takes one pass. */
function scaleAndShift(
  builder: ModelBuilder,
  x: string,
  factor: string,
  shift: string,
  shape: Shape,
): string {
  const all = (value: number) =>
    builder.constant(float32Tensor(new Float32Array(shape[1]).fill(value), [shape[1]]));
  return builder.node('BatchNormalization', [x, factor, shift, all(0), all(1)], { epsilon: { float: 0 } });
}

function center(builder: ModelBuilder, x: string, mean: string, shape: Shape): string {
  return builder.subtract(x, perChannel(builder, mean, shape));
}

/**
 * Means in two steps, first over the pixels if there are many, which are contiguous: the fastest order in ONNX Runtime.
 */
function channelMeans(builder: ModelBuilder, x: string, [images, channels, height, width]: Shape): string {
  const pixels = height * width;
  const flat = builder.reshape(x, [images, channels, pixels]);
  const [first, second] = pixels >= 64 ? [2, 0] : [0, 1];
  return builder.reduce('ReduceMean', builder.reduce('ReduceMean', flat, [first], false), [second], false);
}

/** `[C]` as `[C, 1, 1]`, which broadcasts over images and pixels. */
function perChannel(builder: ModelBuilder, vector: string, shape: Shape): string {
  return builder.reshape(vector, [shape[1], 1, 1]);
}

function valuesPerChannel(shape: Shape): number {
  return shape[0] * shape[2] * shape[3];
}
