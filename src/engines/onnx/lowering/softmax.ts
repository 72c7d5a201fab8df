// Lowerings of softmax and its gradient.
import type { SoftmaxAttributes } from '../../../ops/softmax.ts';
import type { Lowering } from './lowering.ts';

export const lowerSoftmax: Lowering<SoftmaxAttributes> = ({ builder, inputs: [x], attributes: { axis } }) => [
  builder.node('Softmax', [x.name], { axis }),
];

/** dx = y (dy - sum of dy y) */
export const lowerSoftmaxGrad: Lowering<SoftmaxAttributes> = ({ builder, inputs: [dy, y], attributes }) => {
  const mean = builder.sum(builder.multiply(dy.name, y.name), [attributes.axis], true);
  return [builder.multiply(y.name, builder.subtract(dy.name, mean))];
};
