// Lowerings for exported files: plain operators that converters support, for any batch size.
import type { ConvAttributes } from '../../../ops/conv.ts';
import type { ReshapeAttributes } from '../../../ops/reshape.ts';
import type { SliceAttributes } from '../../../ops/slice.ts';
import { type Lowerings, lowerings } from './index.ts';
import type { Lowering } from './lowering.ts';
import { lowerPlainMaxPool } from './pooling.ts';

const lowerConv: Lowering<ConvAttributes> = ({ builder, inputs, attributes }) => {
  const [, weight] = inputs;
  const { strides, pads, dilations, group } = attributes;
  const settings = { kernel_shape: weight.shape.slice(2), strides, pads, dilations, group };
  return [
    builder.node(
      'Conv',
      inputs.map(({ name }) => name),
      settings,
    ),
  ];
};

/** An extent of 0 means that of the input, so that the batch size stays variable. */
const lowerReshape: Lowering<ReshapeAttributes> = ({ builder, inputs: [x], attributes: { shape } }) => [
  builder.reshape(x.name, x.shape[0] === shape[0] ? [0, ...shape.slice(1)] : shape),
];

/** Only the axes that are sliced. */
const lowerSlice: Lowering<SliceAttributes> = ({ builder, inputs: [x], outputs: [y], attributes }) => {
  const axes = [...y.shape.keys()].filter((axis) => y.shape[axis] !== x.shape[axis]);
  const { starts, ends, steps } = attributes;
  const along = (list: readonly number[]) => axes.map((axis) => list[axis]);
  return [builder.slice(x.name, { axes, starts: along(starts), ends: along(ends), steps: along(steps) })];
};

export const portableLowerings: Lowerings = {
  ...lowerings,
  Conv: lowerConv,
  MaxPool: lowerPlainMaxPool,
  Reshape: lowerReshape,
  Slice: lowerSlice,
};
