// Lowerings of convolution and its two gradients.
import type { ConvAttributes, ConvGradInputAttributes, ConvGradWeightAttributes } from '../../../ops/conv.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { ModelBuilder } from '../builder.ts';
import type { OnnxAttribute } from '../graph.ts';
import type { Lowering } from './lowering.ts';

type Quad = [number, number, number, number];

export const lowerConv: Lowering<ConvAttributes> = ({ builder, inputs, attributes }) => [
  builder.node(
    'Conv',
    inputs.map(({ name }) => name),
    convAttributes(inputs[1]!.shape, attributes),
  ),
];

/** A transposed convolution; rows and columns that no window reached get zeros by `output_padding`. */
export const lowerConvGradInput: Lowering<ConvGradInputAttributes> = ({ builder, inputs, attributes }) => {
  const [dy, weight] = inputs;
  const { inputShape, strides, pads, dilations } = attributes;
  const unreached = [0, 1].map((axis) => {
    const span = dilations[axis]! * (weight!.shape[axis + 2]! - 1) + 1;
    return (inputShape[axis + 2]! + pads[axis]! + pads[axis + 2]! - span) % strides[axis]!;
  });
  const settings = { ...convAttributes(weight!.shape, attributes), output_padding: unreached };
  return [builder.node('ConvTranspose', [dy!.name, weight!.name], settings)];
};

/** dW[k, c, u, v] = sum over images and positions of dY[k] times what tap (u, v) sees of X[c]: one matrix product. */
export const lowerConvGradWeight: Lowering<ConvGradWeightAttributes> = ({ builder, inputs, attributes }) => {
  const [x, dy] = inputs;
  const { weightShape, group } = attributes;
  const [images, outputs, height, width] = dy!.shape as Quad;
  const [, perGroup, kernelHeight, kernelWidth] = weightShape as Quad;
  const positions = height * width;
  const taps = kernelHeight * kernelWidth;
  const columns = builder.reshape(seenByTaps(builder, x!, dy!.shape, attributes), [
    images,
    group,
    perGroup * taps,
    positions,
  ]);
  const gradients = builder.reshape(dy!.name, [images, group, outputs / group, positions]);
  const products = builder.matMul(gradients, builder.transpose(columns, [0, 1, 3, 2]));
  return [builder.reshape(builder.sum(products, [0]), weightShape)];
};

/** What each tap of the kernel sees: `[N, C, H, W]` -> `[N, C, U V, H', W']`. */
function seenByTaps(
  builder: ModelBuilder,
  x: { readonly name: string; readonly shape: Shape },
  [, , height, width]: Shape,
  { weightShape, strides, pads, dilations }: ConvGradWeightAttributes,
): string {
  const [, , kernelHeight, kernelWidth] = weightShape as Quad;
  const padded = builder.pad(x.name, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]]);
  const parts: string[] = [];
  for (let u = 0; u < kernelHeight; u++) {
    for (let v = 0; v < kernelWidth; v++) {
      const starts = [u * dilations[0], v * dilations[1]];
      const ends = [starts[0]! + (height! - 1) * strides[0] + 1, starts[1]! + (width! - 1) * strides[1] + 1];
      const seen = builder.slice(padded, { axes: [2, 3], starts, ends, steps: strides });
      parts.push(builder.reshape(seen, [x.shape[0]!, x.shape[1]!, 1, height! * width!]));
    }
  }
  return builder.concat(parts, 2);
}

function convAttributes(weight: Shape, attributes: ConvAttributes): Record<string, OnnxAttribute> {
  const { strides, pads, dilations, group } = attributes;
  return { kernel_shape: weight.slice(2), strides, pads, dilations, group };
}
