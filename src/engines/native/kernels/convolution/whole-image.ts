// Convolutions whose kernel covers the whole image: matrix products of images and weights as they lie row by row.
//   y[n, k] = sum over i of x[n, i] w[k, i]
import type { ConvAttributes, ConvGradWeightAttributes } from '../../../../ops/conv.ts';
import { type Shape, sizeOf } from '../../../../tensor/shape.ts';
import type { FusedAttributes } from '../../compiler/instruction.ts';
import { plain } from '../../compiler/layout.ts';
import { matrixProduct } from '../matmul/gemm.ts';
import type { SpecialRule } from '../special-rule.ts';

function coversImage(x: Shape, weight: Shape, { group, pads, dilations }: ConvAttributes): boolean {
  const sameExtents = x[2] === weight[2] && x[3] === weight[3];
  return (
    group === 1 && sameExtents && [...pads].every((pad) => pad === 0) && [...dilations].every((d) => d === 1)
  );
}

const allPlain = (inputs: readonly unknown[]) => ({ inputs: inputs.map(() => plain), outputs: [plain] });

export const wholeImageConvRule: SpecialRule<FusedAttributes['Conv']> = {
  layouts: ({ inputs, attributes }) =>
    applies(inputs[0].shape, inputs[1].shape, attributes) ? allPlain(inputs) : undefined,
  kernel({ inputs: [x, weight], attributes, target }) {
    if (!applies(x.shape, weight.shape, attributes)) return undefined;
    const { bias, epilogue } = attributes;
    const [images, outputs] = [x.shape[0], weight.shape[0]];
    const size = { rows: images, columns: outputs, inner: sizeOf(weight.shape) / outputs };
    return matrixProduct({ ...size, transA: false, transB: true, bias, epilogue, target });
  },
};

function applies(x: Shape, weight: Shape, attributes: FusedAttributes['Conv']): boolean {
  return !attributes.affine && !attributes.residual && coversImage(x, weight, attributes);
}

export const wholeImageConvGradInputRule: SpecialRule<FusedAttributes['ConvGradInput']> = {
  layouts: ({ inputs, attributes }) =>
    !attributes.addend && coversImage(attributes.inputShape, inputs[1].shape, attributes)
      ? allPlain(inputs)
      : undefined,
  kernel({ inputs: [dy, weight], attributes, target }) {
    if (attributes.addend || !coversImage(attributes.inputShape, weight.shape, attributes)) return undefined;
    const [images, outputs] = dy.shape as readonly [number, number];
    const size = { rows: images, columns: sizeOf(weight.shape) / outputs, inner: outputs };
    return matrixProduct({ ...size, transA: false, transB: false, bias: false, epilogue: undefined, target });
  },
};

export const wholeImageConvGradWeightRule: SpecialRule<ConvGradWeightAttributes> = {
  layouts: ({ inputs, attributes }) =>
    coversImage(inputs[0].shape, attributes.weightShape, attributes) ? allPlain(inputs) : undefined,
  kernel({ inputs: [x, dy], attributes, target }) {
    if (!coversImage(x.shape, attributes.weightShape, attributes)) return undefined;
    const [images, outputs] = dy.shape as readonly [number, number];
    const size = { rows: outputs, columns: sizeOf(x.shape) / images, inner: images };
    return matrixProduct({
      ...size,
      transA: true,
      transB: false,
      startsWithB: true,
      bias: false,
      epilogue: undefined,
      target,
    });
  },
};
