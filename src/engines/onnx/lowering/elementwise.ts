// Lowerings of the operators that work element by element, and of softmax.
import type { ClipAttributes, ReluAttributes, SigmoidAttributes } from '../../../ops/activations.ts';
import type { SoftmaxAttributes } from '../../../ops/softmax.ts';
import type { ModelBuilder } from '../builder.ts';
import type { Lowering } from './lowering.ts';

/** max(slope y, 0) cut off at 1, which for a slope like this is 1 for every normal number above 0. */
const STEP_SLOPE = 3e38;

/** dx = dy where y > 0, else 0. */
export const lowerReluGrad: Lowering<ReluAttributes> = ({ builder, inputs: [dy, y] }) => {
  const mask = builder.node('HardSigmoid', [y.name], { alpha: { float: STEP_SLOPE }, beta: { float: 0 } });
  return [builder.multiply(dy.name, mask)];
};

export const lowerClip: Lowering<ClipAttributes> = ({ builder, inputs: [x], attributes: { min, max } }) => [
  builder.node('Clip', [x.name, builder.float(min), builder.float(max)]),
];

/** dx = dy where min < y < max, else 0. */
export const lowerClipGrad: Lowering<ClipAttributes> = ({ builder, inputs: [dy, y], attributes }) => {
  const aboveMin = builder.node('Greater', [y.name, builder.float(attributes.min)]);
  const belowMax = builder.node('Less', [y.name, builder.float(attributes.max)]);
  const inside = builder.node('And', [aboveMin, belowMax]);
  return [builder.node('Where', [inside, dy.name, builder.float(0)])];
};

/** 1 / (1 + exp(-x)): ONNX Runtime's own Sigmoid is 0 below -18. */
export function sigmoid(builder: ModelBuilder, x: string): string {
  const power = builder.node('Exp', [builder.node('Neg', [x])]);
  return builder.node('Reciprocal', [builder.add(power, builder.float(1))]);
}

export const lowerSigmoid: Lowering<SigmoidAttributes> = ({ builder, inputs: [x] }) => [
  sigmoid(builder, x.name),
];

/** dx = dy y (1 - y) */
export const lowerSigmoidGrad: Lowering<SigmoidAttributes> = ({ builder, inputs: [dy, y] }) => {
  const slope = builder.multiply(y.name, builder.subtract(builder.float(1), y.name));
  return [builder.multiply(dy.name, slope)];
};

export const lowerSoftmax: Lowering<SoftmaxAttributes> = ({ builder, inputs: [x], attributes: { axis } }) => [
  builder.node('Softmax', [x.name], { axis }),
];

/** dx = y (dy - sum of dy y) */
export const lowerSoftmaxGrad: Lowering<SoftmaxAttributes> = ({ builder, inputs: [dy, y], attributes }) => {
  const mean = builder.sum(builder.multiply(dy.name, y.name), [attributes.axis], true);
  return [builder.multiply(y.name, builder.subtract(dy.name, mean))];
};
