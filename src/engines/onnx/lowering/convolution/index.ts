// Lowerings of convolution and its two gradients; the shapes decide between several forms.
import type {
  ConvAttributes,
  ConvGradInputAttributes,
  ConvGradWeightAttributes,
} from '../../../../ops/conv.ts';
import type { Lowering } from '../lowering.ts';
import { denseForward, denseInputGradient, denseWeightGradient } from './dense.ts';
import {
  flippedInputGradient,
  swappedWeightGradient,
  transposedInputGradient,
  weightGradientByColumns,
  weightGradientByTaps,
} from './gradients.ts';
import { matrixForward, matrixInputGradient, matrixWeightGradient } from './matrix.ts';
import {
  convShape,
  isDense,
  isFlipped,
  isForwardMatrix,
  isInputGradientMatrix,
  isWeightGradientMatrix,
  readsOnlyPadding,
  weightGradientForm,
} from './shape.ts';

export const lowerConv: Lowering<ConvAttributes> = ({ builder, inputs, outputs, attributes }) => {
  const [x, weight, bias] = inputs;
  const shape = convShape(x.shape, weight.shape, outputs[0].shape, attributes);
  if (isDense(shape)) return [denseForward(builder, x.name, weight.name, bias?.name, shape)];
  if (isForwardMatrix(shape) && !readsOnlyPadding(shape))
    return [matrixForward(builder, x.name, weight.name, bias?.name, shape)];
  const { kernel, strides, pads, dilations, group } = shape;
  const settings = { kernel_shape: kernel, strides, pads, dilations, group };
  return [
    builder.node(
      'Conv',
      inputs.map(({ name }) => name),
      settings,
    ),
  ];
};

export const lowerConvGradInput: Lowering<ConvGradInputAttributes> = ({ builder, inputs, attributes }) => {
  const [dy, weight] = inputs;
  const shape = convShape(attributes.inputShape, weight.shape, dy.shape, attributes);
  if (readsOnlyPadding(shape)) return [builder.zeros(attributes.inputShape)];
  const write = isDense(shape)
    ? denseInputGradient
    : isInputGradientMatrix(shape)
      ? matrixInputGradient
      : isFlipped(shape)
        ? flippedInputGradient
        : transposedInputGradient;
  return [write(builder, dy.name, weight.name, shape)];
};

const weightGradientForms = {
  taps: weightGradientByTaps,
  columns: weightGradientByColumns,
  swapped: swappedWeightGradient,
};

export const lowerConvGradWeight: Lowering<ConvGradWeightAttributes> = ({ builder, inputs, attributes }) => {
  const [x, dy] = inputs;
  const shape = convShape(x.shape, attributes.weightShape, dy.shape, attributes);
  if (readsOnlyPadding(shape)) return [builder.zeros(attributes.weightShape)];
  const write = isDense(shape)
    ? denseWeightGradient
    : isWeightGradientMatrix(shape)
      ? matrixWeightGradient
      : weightGradientForms[weightGradientForm(shape)];
  return [write(builder, x.name, dy.name, shape)];
};
