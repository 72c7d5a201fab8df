// Lowerings of batch normalisation; the formulas are at the operator.
import type {
  BatchNormalizationAttributes,
  BatchNormalizationGradAttributes,
  BatchNormalizationTrainingAttributes,
} from '../../../ops/batch-normalization.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import type { Lowering } from './lowering.ts';

export const lowerBatchNormalization: Lowering<BatchNormalizationAttributes> = (request) => [
  request.builder.node(
    'BatchNormalization',
    request.inputs.map(({ name }) => name),
    { epsilon: { float: request.attributes.epsilon } },
  ),
];

export const lowerBatchNormalizationTraining: Lowering<BatchNormalizationTrainingAttributes> = (request) => {
  const { builder, attributes } = request;
  const { shape } = request.inputs[0]!;
  const names = request.inputs.map(({ name }) => name) as [string, string, string, string, string];
  const [x, scale, bias, runningMean, runningVariance] = names;
  const count = shape[0]! * shape[2]! * shape[3]!;
  const mean = channelMean(builder, x);
  const centered = builder.subtract(x, perChannel(builder, mean, shape));
  const variance = channelMean(builder, builder.multiply(centered, centered));
  const deviation = builder.node('Sqrt', [builder.add(variance, builder.float(attributes.epsilon))]);
  const inverseDeviation = builder.node('Reciprocal', [deviation]);
  const factor = perChannel(builder, builder.multiply(scale, inverseDeviation), shape);
  const y = builder.add(builder.multiply(centered, factor), perChannel(builder, bias, shape));
  const average = (running: string, batch: string, weight: number) =>
    builder.add(
      builder.multiply(running, builder.float(1 - attributes.momentum)),
      builder.multiply(batch, builder.float(weight)),
    );
  const unbiased = (attributes.momentum * count) / (count - 1);
  return [
    y,
    average(runningMean, mean, attributes.momentum),
    average(runningVariance, variance, unbiased),
    mean,
    inverseDeviation,
  ];
};

/** With z the normalised input: dx = a dy + b z + c, where a = scale inverseDeviation, b = -a dscale / M, c = -a dbias / M. */
export const lowerBatchNormalizationGrad: Lowering<BatchNormalizationGradAttributes> = (request) => {
  const { builder } = request;
  const { shape } = request.inputs[0]!;
  const names = request.inputs.map(({ name }) => name) as [string, string, string, string, string];
  const [dy, x, scale, mean, inverseDeviation] = names;
  const count = builder.float(shape[0]! * shape[2]! * shape[3]!);
  const centered = builder.subtract(x, perChannel(builder, mean, shape));
  const z = builder.multiply(centered, perChannel(builder, inverseDeviation, shape));
  const dscale = builder.sum(builder.multiply(dy, z), [0, 2, 3]);
  const dbias = builder.sum(dy, [0, 2, 3]);
  const a = builder.multiply(scale, inverseDeviation);
  const centeredGradient = builder.subtract(dy, perChannel(builder, builder.divide(dbias, count), shape));
  const withoutZ = builder.multiply(z, perChannel(builder, builder.divide(dscale, count), shape));
  const dx = builder.multiply(builder.subtract(centeredGradient, withoutZ), perChannel(builder, a, shape));
  return [dx, dscale, dbias];
};

function channelMean(builder: ModelBuilder, x: string): string {
  return builder.reduce('ReduceMean', x, [0, 2, 3], false);
}

/** `[C]` as `[C, 1, 1]`, which broadcasts over images and pixels. */
function perChannel(builder: ModelBuilder, vector: string, shape: Shape): string {
  return builder.reshape(vector, [shape[1]!, 1, 1]);
}
